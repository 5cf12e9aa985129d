using System.Diagnostics;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Notifying;

/// <summary>
/// Numbers what happens, in the journal's order, and reads it by its numbers. Only the numbers are kept (<see cref="NumberingFile"/>): what is told stands
/// in the journal. A file that is lost is made anew, and until it has all that the journal has nobody is told anything.
/// </summary>
internal sealed partial class NumberingLoop : INotifications, IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // How soon it is noticed, when nothing is appended, that the file is gone.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private static readonly ProjectionPace Pace = new(Shortest: TimeSpan.FromMilliseconds(20), Longest: TimeSpan.FromMilliseconds(200));

    private readonly string _path;
    private readonly EventJournal _journal;
    private readonly JournalWriter _journalWriter;
    private readonly EntityKinds _kinds;
    private readonly TimeProvider _clock;
    private readonly ILogger<NumberingLoop> _log;
    private readonly EventJournal.OrderedReader _events;
    // Never disposed: the writer may be about to set it.
    private readonly AutoResetEvent _appended = new(initialState: true);
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private NumberingFile? _file;
    private FileStamp _stamp;
    private NumberedRow? _last;
    private long _remadeUpTo;
    private volatile string? _damage;
    private volatile string? _failure;
    private volatile Numbered _numbered = new(0, IsWhole: false);

    public NumberingLoop(
        DataDirectory data, EventJournal journal, JournalWriter journalWriter, EntityKinds kinds, TimeProvider clock, ILogger<NumberingLoop> log)
    {
        (_path, _journal, _journalWriter, _kinds, _clock, _log) = (data.Notifications, journal, journalWriter, kinds, clock, log);
        _events = journal.ReadInOrder();
        _journalWriter.Committed += OnAppended;
        _thread = new Thread(Run) { Name = "numbering", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Why nothing more is numbered, or null.</summary>
    public string? Trouble => _failure;

    public async ValueTask<IReadOnlyList<Notification>> ReadAsync(long after, int limit, CancellationToken cancel)
    {
        var last = await LastAsync(cancel);
        if (after >= last)
            return [];
        try
        {
            var lines = Read(after, (int)Math.Min(limit, last - after));
            // It may have been lost since.
            RequireWhole();
            return lines;
        }
        catch (Exception damage) when (damage is InvalidDataException || (damage is SqliteException sqlite && sqlite.IsDamage()))
        {
            _damage = damage.Message;
            _appended.Set();
            throw new ReadModelUnavailableException("the numbers of notifications are damaged.", damage);
        }
        catch (SqliteException failure)
        {
            throw new ReadModelUnavailableException(failure);
        }
    }

    public async ValueTask<long> LastAsync(CancellationToken cancel)
    {
        // A process that has just started opens the file while it is asked already.
        if (_numbered is { IsWhole: false } opening)
            await opening.Next.WaitAsync(IReadModel.LongestWait, _clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return RequireWhole().Last;
    }

    public Task WaitAsync(long after, CancellationToken cancel) =>
        _numbered is { IsWhole: true } now && now.Last > after ? Task.CompletedTask : _numbered.Next.WaitAsync(cancel);

    public void Dispose()
    {
        _journalWriter.Committed -= OnAppended;
        _stop.Set();
        _appended.Set();
        _thread.Join();
        _events.Dispose();
        _file?.Dispose();
        _stop.Dispose();
    }

    private void OnAppended() => _appended.Set();

    private Numbered RequireWhole() => _numbered is { IsWhole: true } whole
        ? whole
        : throw new ReadModelUnavailableException("what happened is being numbered.");

    private List<Notification> Read(long after, int limit)
    {
        var rows = NumberingFile.Read(_path, after, limit);
        var lines = new List<Notification>(limit);
        if (rows.Count == 0)
            return lines;
        Dictionary<long, JournalRow> events = [];
        try
        {
            using var journal = _journal.ReadInOrder();
            events = journal.ReadAfter(rows[0].Ordering - 1, rows.Count).ToDictionary(row => row.Ordering);
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            // It is the journal's, not that of the numbers.
            throw new ReadModelUnavailableException("the journal has a damaged page.", damage);
        }

        foreach (var row in rows)
        {
            var kind = _kinds.Numbered(row.Kind);
            var happened = kind is not null && events.GetValueOrDefault(row.Ordering) is { } found && found.EntityId == row.EntityId
                ? Decode(kind, found)
                : null;
            lines.AddRange(row.Numbers.LinesAfter(after, kind, row.EntityId, row.SequenceNumber, happened).Take(limit - lines.Count));
        }

        return lines;
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            try
            {
                var began = Stopwatch.GetTimestamp();
                var file = Usable();
                while (!_stop.IsSet && NumberNext(file))
                {
                }

                Tell();
                _failure = null;
                _stop.Wait(Pace.PauseAfter(Stopwatch.GetElapsedTime(began)));
                _appended.WaitOne(LookInterval);
            }
            // The transaction is rolled back, and memory is read again from the file.
            catch (Exception failure)
            {
                Close();
                // Said once for each trouble, which may last for hours.
                var trouble = $"Nothing more is numbered for notifications: {failure.Explain()}";
                if (_failure != trouble)
                    LogFailed(failure);
                _failure = trouble;
                _stop.Wait(RetryInterval);
            }
        }
    }

    private NumberingFile Usable()
    {
        if (_file is not null && WhyLost() is { } why)
            Remake(why);
        if (_file is not null)
            return _file;
        if (!File.Exists(_path) && _journal.LastOrdering > 0)
            Remake("it is not there");
        else
            TryOpen();
        return _file!;
    }

    private void TryOpen()
    {
        try
        {
            Open();
        }
        catch (Exception damage) when (damage is InvalidDataException || (damage is SqliteException sqlite && sqlite.IsDamage()))
        {
            Remake(damage.Message);
        }
    }

    private string? WhyLost()
    {
        if (_damage is { } damage)
            return damage;
        try
        {
            return FileStamp.Of(_path).IsSameFileAs(_stamp) ? null : "another file lies in its place";
        }
        catch (JournalLostException gone)
        {
            return gone.Message;
        }
    }

    private void Remake(string why)
    {
        // What lies beside a journal that is not ours is not ours either.
        _journal.Check();
        LogRemade(_path, why);
        Publish(new Numbered(0, IsWhole: false));
        Close();
        // Nobody is told that there is less than there was.
        _remadeUpTo = _journal.LastOrdering;
        SqliteFile.Delete(_path);
        Open();
    }

    private void Open()
    {
        _file = NumberingFile.Open(_path, _journal);
        _stamp = FileStamp.Of(_path);
        _last = _file.Last();
        _damage = null;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private bool NumberNext(NumberingFile file)
    {
        var rows = _events.ReadAfter(_last?.Ordering ?? 0);
        if (rows.Count == 0)
            return false;
        var numbered = new List<NumberedRow>(rows.Count);
        var next = (_last?.Numbers.Last ?? 0) + 1;
        foreach (var row in rows)
        {
            var kind = _kinds.Numbered(row.Kind);
            var numbers = EventNumbers.At(next, kind, kind is null ? null : Decode(kind, row), _clock);
            if (numbers.UnreadableAt is not null)
                LogUnreadable(row.Ordering, next);
            numbered.Add(new NumberedRow(numbers, row.Ordering, row.Kind, row.EntityId, row.SequenceNumber));
            next = numbers.Last + 1;
        }

        // What was read is of use only if it was the journal.
        file.Add(numbered, _journal.Check);
        _last = numbered[^1];
        Tell();
        return true;
    }

    private void Tell()
    {
        var last = _last?.Numbers.Last ?? 0;
        var isWhole = (_last?.Ordering ?? 0) >= _remadeUpTo;
        if ((last, isWhole) != (_numbered.Last, _numbered.IsWhole))
            Publish(new Numbered(last, isWhole));
    }

    private void Publish(Numbered now)
    {
        var before = _numbered;
        _numbered = now;
        before.IsOver();
    }

    private static Event? Decode(EntityKind kind, JournalRow row)
    {
        try
        {
            return row.Decode(kind);
        }
        catch (Exception unreadable) when (unreadable is DamagedJournalException or UnreadableMessageException)
        {
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The numbers of notifications, {Path}, are lost: {Why}. "
            + "They are counted again from the journal, and come out the same; until then who asks for them is answered UNAVAILABLE.")]
    private partial void LogRemade(string path, string why);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Event {Ordering} of the journal can't be read. "
            + "Notification {N} says so, and stays like that even if the journal is mended.")]
    private partial void LogUnreadable(long ordering, long n);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Nothing more is numbered for notifications; trying again each second, and saying no more of it until that changes.")]
    private partial void LogFailed(Exception failure);

    /// <summary>Up to where there are numbers, at one moment.</summary>
    /// <param name="IsWhole">Whether there are as many as there ever were.</param>
    private sealed record Numbered(long Last, bool IsWhole)
    {
        private readonly TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Next => _next.Task;

        public void IsOver() => _next.TrySetResult();
    }
}
