using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Projection;

/// <summary>How the projection fares on this node: also whether another one disputes its turn, and whether the journal has lost its end.</summary>
internal sealed class MySqlProjectionStatus(TimeProvider time) : ProjectionStatus
{
    private const int MostTurnsLost = 3;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _turnsLost = new();
    private readonly Lock _lock = new();
    private readonly Queue<(long JournalEnd, DateTime Oldest)> _waiting = new();
    private long _position;
    private long _journalEnd;
    private volatile bool _isRunning;
    private volatile IReadOnlyList<EntityAhead> _ahead = [];
    private volatile IReadOnlyDictionary<EntityKey, string> _parkedEntities = new Dictionary<EntityKey, string>();

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
    public override long EventsBehind
    {
        get
        {
            lock (_lock)
                return _journalEnd - _position;
        }
    }

    /// <summary>How long ago the oldest event that is read and not projected yet was written; zero if there is none.</summary>
    public override TimeSpan Lag
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

    /// <summary>The entities of which the read model has seen more than the journal holds: it has lost its end, or is another one.</summary>
    public IReadOnlyList<EntityAhead> Ahead => _ahead;

    /// <summary>The entities that are not projected any further, of any kind, and why.</summary>
    public IReadOnlyDictionary<EntityKey, string> ParkedEntities => _parkedEntities;

    public override string? Trouble =>
        Contested ?? Failure
        ?? (_ahead.Count > 0 ? $"The read model has seen more than the journal holds: {Names(_ahead.Select(entity => entity.Key))}." : null)
        ?? (_parkedEntities.Count > 0 ? $"Not projected any further: {Names(_parkedEntities.Keys)}." : null);

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

        Park(new Dictionary<EntityKey, string>());
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
        Failure = null;
    }

    public void Park(IReadOnlyDictionary<EntityKey, string> parked)
    {
        _parkedEntities = new Dictionary<EntityKey, string>(parked);
        Parked = parked.Where(entity => entity.Key.Kind == CouponKind.Instance).ToDictionary(entity => entity.Key.Id, entity => entity.Value);
    }

    public void Failed(Exception failure)
    {
        Failure = failure.Message;
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

    // As in: coupon 7, 9; counter 3
    private static string Names(IEnumerable<EntityKey> entities) => string.Join(
        "; ", entities.GroupBy(key => key.Kind, key => key.Id).OrderBy(ofKind => ofKind.Key.Number).Select(ofKind => $"{ofKind.Key.Name} {Named(ofKind)}"));
}
