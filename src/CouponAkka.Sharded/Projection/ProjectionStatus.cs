using CouponAkka.Engine.Telemetry;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Projection;

/// <summary>How the projection fares on this node. The projection writes it, any thread may read.</summary>
internal sealed class ProjectionStatus(TimeProvider time)
{
    private const int CouponsNamed = 10;

    private const int MostTurnsLost = 3;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _turnsLost = new();
    private readonly Lock _lock = new();
    private readonly Queue<(long JournalEnd, DateTime Oldest)> _waiting = new();
    private long _position;
    private long _journalEnd;
    private volatile bool _isRunning;
    private volatile string? _failure;
    private volatile IReadOnlyList<CouponAhead> _ahead = [];
    private volatile IReadOnlyDictionary<long, string> _parked = new Dictionary<long, string>();

    /// <summary>Whether this node is the one that projects.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>The highest <c>ordering</c> of the journal that has been projected.</summary>
    public long Position
    {
        get
        {
            lock (_lock)
                return _position;
        }
    }

    /// <summary>How many numbers of the journal are read and not projected yet. When the projection is the slower one, more wait unread.</summary>
    public long EventsBehind
    {
        get
        {
            lock (_lock)
                return _journalEnd - _position;
        }
    }

    /// <summary>How long ago the oldest event that is read and not projected yet was written; zero if there is none.</summary>
    public TimeSpan Lag
    {
        get
        {
            lock (_lock)
            {
                // The clock is that of the node that wrote it.
                return _waiting.TryPeek(out var first) && time.GetUtcNow().UtcDateTime - first.Oldest is { Ticks: > 0 } lag ? lag : TimeSpan.Zero;
            }
        }
    }

    /// <summary>The coupons that are not projected any further, and why.</summary>
    public IReadOnlyDictionary<long, string> Parked
    {
        get => _parked;
        set => _parked = value;
    }

    /// <summary>The coupons of which the read model has seen more than the journal holds: it has lost its end, or is another one.</summary>
    public IReadOnlyList<CouponAhead> Ahead => _ahead;

    /// <summary>Why the read model does not follow the journal, for all coupons or for some, or null.</summary>
    public string? Trouble => Contested ?? _failure ?? Describe(_ahead) ?? Describe(_parked);

    private string? Contested
    {
        get
        {
            lock (_lock)
                return IsContested() ? $"Another projection took the turn {_turnsLost.Count} times within a minute: two clusters use this database." : null;
        }
    }

    public void Began(long position)
    {
        lock (_lock)
        {
            _waiting.Clear();
            _position = _journalEnd = position;
        }

        _parked = new Dictionary<long, string>();
        _ahead = [];
        _isRunning = true;
    }

    public void Read(JournalBatch batch)
    {
        lock (_lock)
        {
            _journalEnd = batch.JournalEnd;
            if (batch.Rows.Count > 0)
                _waiting.Enqueue((batch.JournalEnd, new DateTime(batch.Rows.Min(row => row.Created), DateTimeKind.Utc)));
        }
    }

    public void Applied(JournalBatch batch)
    {
        lock (_lock)
        {
            _position = batch.JournalEnd;
            while (_waiting.TryPeek(out var first) && first.JournalEnd <= batch.JournalEnd)
                _waiting.Dequeue();
        }

        _ahead = batch.Ahead ?? _ahead;
        CouponMeter.Projected(batch.Rows.Count);
        _failure = null;
    }

    public void Failed(Exception failure)
    {
        _failure = failure.Message;
        CouponMeter.ProjectionFailed();
    }

    /// <summary>Another projection began while this one went on; returns whether by now that happens so often that there must be two clusters.</summary>
    public bool TurnLost()
    {
        CouponMeter.TurnLost();
        lock (_lock)
        {
            var before = IsContested();
            _turnsLost.Enqueue(time.GetTimestamp());
            return !before && IsContested();
        }
    }

    public void Stopped() => _isRunning = false;

    // One at a hand-over, and one when the read model is made anew, are as it should be.
    private bool IsContested()
    {
        while (_turnsLost.TryPeek(out var first) && time.GetElapsedTime(first) > Minute)
            _turnsLost.Dequeue();
        return _turnsLost.Count >= MostTurnsLost;
    }

    private static string? Describe(IReadOnlyDictionary<long, string> parked) =>
        parked.Count == 0 ? null : $"Not projected any further: coupon {Named(parked.Keys)}.";

    private static string? Describe(IReadOnlyList<CouponAhead> ahead) =>
        ahead.Count == 0 ? null : $"The read model has seen more than the journal holds: coupon {Named([.. ahead.Select(coupon => coupon.CouponId)])}.";

    private static string Named(IEnumerable<long> coupons) => string.Join(", ", coupons.Order().Take(CouponsNamed)) + (coupons.Count() > CouponsNamed ? ", …" : "");
}
