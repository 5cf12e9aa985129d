using System.Diagnostics;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.ReadModel;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Follows the journal into the read model, many events to a transaction. An event that was seen already is skipped; one
/// that skips a number makes the missing ones be read first; one that can't be applied parks its coupon and no other. A read
/// model that is lost while the process runs is made anew.
/// </summary>
internal sealed partial class ProjectionLoop : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    // How soon it is noticed, when nothing is appended, that the read model's files are gone.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    // Users come in random order, so a transaction writes nearly a page of the index for each row, unless it has many rows. What it takes,
    // issuing lacks. So the projection works a fifth of the time, and what gathers meanwhile shares the pages.
    private const int PauseForEachPass = 4;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(400);

    private readonly string _path;
    private readonly EntityKinds _kinds;
    private readonly EventJournal _journal;
    private readonly JournalWriter _journalWriter;
    private readonly EventJournal.OrderedReader _events;
    private readonly ILogger<ProjectionLoop> _log;
    // Never disposed: the writer may be about to set it.
    private readonly AutoResetEvent _appended = new(initialState: true);
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private ReadModelWriter _readModel;
    private FileStamp[] _files;
    // Counts how often it was made anew, and which of them was found to be damaged.
    private volatile int _generation;
    private volatile int _damagedGeneration = -1;
    private volatile bool _isMadeAnew;
    private Dictionary<long, CouponProgress> _progress = [];
    // Whose writes are traced, of the events in this transaction.
    private readonly List<(string Write, long CouponId)> _traced = [];
    private long _position;
    // When the first event was appended that is not in the read model: of those being applied, and of those after them. 0 for none.
    private long _applyingSince;
    private long _appendedSince;
    private volatile int _parked;
    private volatile string? _trouble;

    public ProjectionLoop(DataDirectory data, EntityKinds kinds, EventJournal journal, JournalWriter journalWriter, ILogger<ProjectionLoop> log)
    {
        _kinds = kinds;
        _journal = journal;
        _journalWriter = journalWriter;
        _log = log;
        _path = data.ReadModel;
        _readModel = new ReadModelWriter(ReadModelFile.Open(_path, journal, log));
        _files = ReadModelFile.Stamps(_path);
        _events = journal.ReadInOrder();
        _journalWriter.Committed += OnAppended;
        _thread = new Thread(Run) { Name = "projection", IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many events the read model is behind the journal.</summary>
    public long EventsBehind => _journal.LastOrdering - Interlocked.Read(ref _position);

    /// <summary>How long ago the oldest event that is not in the read model was appended; zero if there is none.</summary>
    public TimeSpan Lag
    {
        get
        {
            var since = Interlocked.Read(ref _applyingSince) is not 0 and var applying ? applying : Interlocked.Read(ref _appendedSince);
            return since == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(since);
        }
    }

    /// <summary>How many coupons are not projected any further.</summary>
    public int ParkedCoupons => _parked;

    /// <summary>Why the read model does not follow, for all coupons or for some, or null.</summary>
    public string? Trouble => _trouble;

    /// <summary>
    /// Waits until what was appended before this call is in the read model; no longer than <see cref="IReadModel.LongestWait"/>, and not for one that is
    /// being made anew, which can't be asked.
    /// </summary>
    public async ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel)
    {
        var end = _journal.LastOrdering;
        for (var began = Stopwatch.GetTimestamp(); Interlocked.Read(ref _position) < end && !_isMadeAnew && Stopwatch.GetElapsedTime(began) < IReadModel.LongestWait;)
            await Task.Delay(PollInterval, cancel);
    }

    /// <summary>The read model was lost and is not yet what the journal says: what it does not hold may well be.</summary>
    public bool IsMadeAnew => _isMadeAnew;

    /// <summary>Tells a read model from the one that was made in its place.</summary>
    public int Generation => _generation;

    /// <summary>Has the read model made anew, if it still is that one.</summary>
    public void Damaged(int generation)
    {
        _damagedGeneration = generation;
        _appended.Set();
    }

    public void Dispose()
    {
        _journalWriter.Committed -= OnAppended;
        _stop.Set();
        _appended.Set();
        _thread.Join();
        _events.Dispose();
        _readModel.Dispose();
        _stop.Dispose();
    }

    private void OnAppended()
    {
        Interlocked.CompareExchange(ref _appendedSince, Stopwatch.GetTimestamp(), 0);
        _appended.Set();
    }

    private void Run()
    {
        var loaded = false;
        while (!_stop.IsSet)
        {
            try
            {
                if (WhyLost() is { } why)
                {
                    loaded = false;
                    MakeAnew(why);
                }

                if (!loaded)
                {
                    Load();
                    loaded = true;
                }

                var started = Stopwatch.GetTimestamp();
                var appended = Interlocked.Exchange(ref _appendedSince, 0);
                // What a pass that failed left undone is older.
                Interlocked.CompareExchange(ref _applyingSince, appended, 0);
                while (!_stop.IsSet && ApplyNext())
                {
                }

                Interlocked.Exchange(ref _applyingSince, 0);
                _isMadeAnew = false;
                _trouble = Parked();
                var pause = PauseForEachPass * Stopwatch.GetElapsedTime(started);
                _stop.Wait(pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause);
                _appended.WaitOne(LookInterval);
            }
            // The transaction is rolled back and memory is read again from the file, so that another try can't apply anything twice.
            catch (Exception failure)
            {
                loaded = false;
                CouponMeter.ProjectionFailed();
                // It may be the journal's damage as well.
                if (failure is SqliteException damage && damage.IsDamage() && !_readModel.IsSound())
                {
                    _damagedGeneration = _generation;
                    continue;
                }

                // Said once for each trouble, which may last for hours.
                var trouble = $"The read model can't follow the journal: {failure.Explain()}";
                if (_trouble != trouble)
                    LogFailed(failure);
                _trouble = trouble;
                _appended.WaitOne(RetryInterval);
            }
        }
    }

    private string? WhyLost()
    {
        if (_damagedGeneration == _generation)
            return "it is damaged";
        try
        {
            var found = ReadModelFile.Stamps(_path);
            return !found.Zip(_files).All(file => file.First.IsSameFileAs(file.Second)) ? "another file lies in its place"
                : found[0].Length < _files[0].Length ? "it has been cut"
                : null;
        }
        catch (JournalLostException gone)
        {
            return gone.Message;
        }
    }

    private void MakeAnew(string why)
    {
        // What lies beside a journal that is not ours is not ours either.
        _journal.Check();
        if (!_isMadeAnew)
        {
            LogMadeAnew(_path, why);
            _trouble = $"The read model is made anew from the journal: {why}.";
        }

        _isMadeAnew = true;
        // Before its files are removed: SQLite removes the log when it closes.
        _readModel.Dispose();
        ReadModelFile.Delete(_path);
        _readModel = new ReadModelWriter(ReadModelFile.Open(_path, _journal, _log));
        _files = ReadModelFile.Stamps(_path);
        _generation++;
    }

    private void Load()
    {
        _progress = _readModel.Progress().ToDictionary(coupon => coupon.CouponId, coupon => coupon.Progress);
        Interlocked.Exchange(ref _position, _readModel.Position());
        // What parked a coupon may have been mended since, in the program or in the journal.
        foreach (var couponId in _progress.Where(coupon => coupon.Value.ParkedBecause is not null).Select(coupon => coupon.Key).ToList())
        {
            InTransaction(() =>
            {
                SetProgress(couponId, _progress[couponId] with { ParkedBecause = null });
                CatchUp(couponId);
            });
        }
    }

    private bool ApplyNext()
    {
        List<JournalRow> rows;
        try
        {
            rows = _events.ReadAfter(_position);
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            ApplyCouponByCoupon(damage);
            return true;
        }

        if (rows.Count == 0)
            return false;
        InTransaction(() =>
        {
            foreach (var row in rows)
                Apply(row);
            _readModel.SetPosition(rows[^1].Ordering);
        });
        Interlocked.Exchange(ref _position, rows[^1].Ordering);
        CouponMeter.Projected(rows.Count);
        return true;
    }

    private void InTransaction(Action work)
    {
        var began = DateTimeOffset.UtcNow;
        _traced.Clear();
        _readModel.Begin();
        try
        {
            work();
            // What was read is of use only if it was the journal.
            _journal.Check();
            _readModel.Commit();
            foreach (var (write, couponId) in _traced)
                CouponTraces.Projected(write, couponId, began);
        }
        catch
        {
            _readModel.Rollback();
            throw;
        }
    }

    // The index of coupons leads round a damaged page to every coupon that has no event on it.
    private void ApplyCouponByCoupon(SqliteException damage)
    {
        LogDamagedPage(damage, _position);
        var upTo = _journal.LastOrdering;
        InTransaction(() =>
        {
            foreach (var couponId in _journal.IdsOf(CouponKind.Instance))
                CatchUp(couponId);
            _readModel.SetPosition(upTo);
        });
        Interlocked.Exchange(ref _position, upTo);
    }

    private void Apply(JournalRow row)
    {
        // Nothing else has a read model yet. A kind that is not known is a coupon's row that is damaged.
        if (row.Kind != CouponKind.Instance.Number && _kinds.Numbered(row.Kind) is not null)
            return;
        var progress = _progress.GetValueOrDefault(row.EntityId);
        if (progress.SequenceNumber + 1 < row.SequenceNumber)
            CatchUp(row.EntityId, upTo: row.SequenceNumber - 1);
        ApplyInOrder(row);
    }

    // By what the journal's index says, event after event.
    private void CatchUp(long couponId, long upTo = long.MaxValue)
    {
        var progress = _progress.GetValueOrDefault(couponId);
        if (progress.ParkedBecause is not null)
            return;
        try
        {
            foreach (var row in _journal.ReadEntity(KeyOf(couponId), progress.SequenceNumber).TakeWhile(row => row.SequenceNumber <= upTo))
                ApplyInOrder(row);
        }
        catch (Exception damage) when (damage is DamagedJournalException or SqliteException { SqliteErrorCode: SqliteFile.Corrupt })
        {
            Park(couponId, damage);
        }
    }

    private void ApplyInOrder(JournalRow row)
    {
        var progress = _progress.GetValueOrDefault(row.EntityId);
        if (progress.ParkedBecause is not null || row.SequenceNumber <= progress.SequenceNumber)
            return;
        try
        {
            if (row.SequenceNumber != progress.SequenceNumber + 1)
                throw DamagedJournalException.Missing(KeyOf(row.EntityId), progress.SequenceNumber + 1);
            _readModel.Apply(row.EntityId, (CouponEvent)row.Decode(CouponKind.Instance, out var write));
            if (write is not null)
                _traced.Add((write, row.EntityId));
            SetProgress(row.EntityId, new(row.SequenceNumber, null));
        }
        catch (Exception poison) when (poison is DamagedJournalException or UnreadableMessageException or InvalidEventException)
        {
            Park(row.EntityId, poison);
        }
    }

    private static EntityKey KeyOf(long couponId) => new(CouponKind.Instance, couponId);

    private void Park(long couponId, Exception poison)
    {
        var progress = _progress.GetValueOrDefault(couponId);
        LogParked(poison, couponId, progress.SequenceNumber + 1);
        SetProgress(couponId, progress with { ParkedBecause = poison.Message });
    }

    private void SetProgress(long couponId, CouponProgress progress)
    {
        _progress[couponId] = progress;
        _readModel.SetProgress(couponId, progress);
    }

    private string? Parked()
    {
        var parked = _progress.Where(coupon => coupon.Value.ParkedBecause is not null).Select(coupon => coupon.Key).ToList();
        _parked = parked.Count;
        return parked.Count == 0 ? null : $"Not projected any further: coupon {string.Join(", ", parked.Take(10))}{(parked.Count > 10 ? ", …" : "")}.";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The read model {Path} is lost: {Why}. It is made anew from the journal; until then queries are answered UNAVAILABLE. Issuing goes on.")]
    private partial void LogMadeAnew(string path, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The read model can't follow the journal; trying again each second, and saying no more of it until that changes.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The journal has a damaged page after event {Ordering}. Every coupon that can be read without it is projected.")]
    private partial void LogDamagedPage(Exception damage, long ordering);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Coupon {CouponId} is no longer projected: event {SequenceNumber} can't be applied. Other coupons go on.")]
    private partial void LogParked(Exception poison, long couponId, long sequenceNumber);
}
