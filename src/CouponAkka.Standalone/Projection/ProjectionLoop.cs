using System.Diagnostics;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.ReadModel;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Projection;

/// <summary>
/// Follows the journal into the read model, many events to a transaction, as <see cref="EventApplier"/> applies them. A read model that is lost
/// while the process runs is made anew.
/// </summary>
internal sealed partial class ProjectionLoop : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    // How soon it is noticed, when nothing is appended, that the read model's files are gone.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private static readonly ProjectionPace Pace = new(Shortest: TimeSpan.FromMilliseconds(20), Longest: TimeSpan.FromMilliseconds(400));

    // Of a transaction, in bytes of memory, more or less. When events go to many coupons, each of them has so several at once.
    private const int MaxWeight = 1024 * 1024;
    private const int RowWeight = 100;

    private readonly string _path;
    private readonly EventJournal _journal;
    private readonly EntityKinds _kinds;
    // Of the others nothing is projected.
    private readonly List<EntityKind> _shown;
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
    private volatile bool _isRebuilding;
    private EventApplier? _applier;

    public ProjectionLoop(DataDirectory data, EventJournal journal, JournalWriter journalWriter, EntityKinds kinds, ILogger<ProjectionLoop> log)
    {
        _journal = journal;
        _journalWriter = journalWriter;
        _kinds = kinds;
        _shown = [.. kinds.Where(EventApplier.Shows)];
        _log = log;
        Status = new SqliteProjectionStatus(journal);
        _path = data.ReadModel;
        _readModel = new ReadModelWriter(ReadModelFile.Open(_path, journal, log));
        _files = ReadModelFile.Stamps(_path);
        _events = journal.ReadInOrder();
        _journalWriter.Committed += OnAppended;
        _thread = new Thread(Run) { Name = "projection", IsBackground = true };
        _thread.Start();
    }

    public SqliteProjectionStatus Status { get; }

    /// <summary>
    /// Waits until what was appended before this call is in the read model; no longer than <see cref="IReadModel.LongestWait"/>, and not for one that is
    /// being made anew, which can't be asked.
    /// </summary>
    public async ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel)
    {
        var end = _journal.LastOrdering;
        for (var began = Stopwatch.GetTimestamp(); Status.Position < end && !_isRebuilding && Stopwatch.GetElapsedTime(began) < IReadModel.LongestWait;)
            await Task.Delay(PollInterval, cancel);
    }

    /// <summary>The read model was lost and is not yet what the journal says: what it does not hold may well be.</summary>
    public bool IsRebuilding => _isRebuilding;

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
        Status.Appended();
        _appended.Set();
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            try
            {
                if (WhyLost() is { } why)
                {
                    _applier = null;
                    Rebuild(why);
                }

                var applier = _applier ??= Load();
                var started = Stopwatch.GetTimestamp();
                Status.Applying();
                while (!_stop.IsSet && ApplyNext(applier))
                {
                }

                Status.Applied(applier.Parked);
                _isRebuilding = false;
                _stop.Wait(Pace.PauseAfter(Stopwatch.GetElapsedTime(started)));
                _appended.WaitOne(LookInterval);
            }
            // The transaction is rolled back and memory is read again from the file, so that another try can't apply anything twice.
            catch (Exception failure)
            {
                _applier = null;
                CouponMeter.ProjectionFailed();
                // It may be the journal's damage as well.
                if (failure is SqliteException damage && damage.IsDamage() && !_readModel.IsSound())
                {
                    _damagedGeneration = _generation;
                    continue;
                }

                // Said once for each trouble, which may last for hours.
                var trouble = $"The read model can't follow the journal: {failure.Explain()}";
                if (Status.Failure != trouble)
                    LogFailed(failure);
                Status.Failure = trouble;
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

    private void Rebuild(string why)
    {
        // What lies beside a journal that is not ours is not ours either.
        _journal.Check();
        if (!_isRebuilding)
        {
            LogRebuilt(_path, why);
            Status.Failure = $"The read model is made anew from the journal: {why}.";
        }

        _isRebuilding = true;
        // Before its files are removed: SQLite removes the log when it closes.
        _readModel.Dispose();
        SqliteFile.Delete(_path);
        _readModel = new ReadModelWriter(ReadModelFile.Open(_path, _journal, _log));
        _files = ReadModelFile.Stamps(_path);
        _generation++;
    }

    private EventApplier Load()
    {
        var applier = new EventApplier(_journal, _readModel, _kinds, _log);
        Status.Position = _readModel.Position();
        foreach (var key in applier.Parked.Keys)
            InTransaction(applier, () => applier.Retry(key));
        return applier;
    }

    private bool ApplyNext(EventApplier applier)
    {
        List<JournalRow> rows;
        try
        {
            rows = ReadNext();
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            ApplyEachByItself(applier, damage);
            return true;
        }

        if (rows.Count == 0)
            return false;
        InTransaction(applier, () =>
        {
            foreach (var kind in _shown)
            {
                foreach (var entity in rows.Where(row => row.Kind == kind.Number).GroupBy(row => row.EntityId))
                    applier.Apply(new EntityKey(kind, entity.Key), entity);
            }

            _readModel.SetPosition(rows[^1].Ordering);
        });
        Status.Position = rows[^1].Ordering;
        CouponMeter.Projected(rows.Count);
        return true;
    }

    private List<JournalRow> ReadNext()
    {
        var rows = new List<JournalRow>();
        var weight = 0;
        while (weight < MaxWeight && _events.ReadAfter(rows.Count == 0 ? Status.Position : rows[^1].Ordering) is { Count: > 0 } page)
        {
            rows.AddRange(page);
            weight += page.Sum(row => RowWeight + row.Payload.Length);
        }

        return rows;
    }

    private void InTransaction(EventApplier applier, Action work)
    {
        var began = DateTimeOffset.UtcNow;
        _readModel.Begin();
        try
        {
            work();
            // What was read is of use only if it was the journal.
            _journal.Check();
            _readModel.Commit();
        }
        catch
        {
            _readModel.Rollback();
            throw;
        }

        foreach (var (write, key) in applier.TakeTraced())
            CouponTraces.Projected(write, key, began);
    }

    // The index of entities leads round a damaged page to every entity that has no event on it.
    private void ApplyEachByItself(EventApplier applier, SqliteException damage)
    {
        LogDamagedPage(damage, Status.Position);
        var upTo = _journal.LastOrdering;
        InTransaction(applier, () =>
        {
            foreach (var kind in _shown)
                _journal.IdsOf(kind).ForEach(id => applier.CatchUp(new EntityKey(kind, id)));
            _readModel.SetPosition(upTo);
        });
        Status.Position = upTo;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The read model {Path} is lost: {Why}. It is made anew from the journal; until then queries are answered UNAVAILABLE. Issuing goes on.")]
    private partial void LogRebuilt(string path, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The read model can't follow the journal; trying again each second, and saying no more of it until that changes.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The journal has a damaged page after event {Ordering}. Every entity that can be read without it is projected.")]
    private partial void LogDamagedPage(Exception damage, long ordering);
}
