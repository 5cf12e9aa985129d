using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CouponAkka.Contracts;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Reacting;

/// <summary>
/// The journal by its ordering, for reactions. Where a page is damaged each source is read by its own numbers. One may read in order at a time.
/// </summary>
internal sealed partial class StandaloneReactionJournal : IReactionJournal, IDisposable
{
    private const int EntriesAtOnce = 512;

    // Nobody waits for a reaction as people wait for a list, and what gathers meanwhile is read at once.
    private static readonly ProjectionPace Pace = new(Shortest: TimeSpan.FromMilliseconds(20), Longest: TimeSpan.FromMilliseconds(200));

    // A write that was reported as failed and has landed raises nothing.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(5);

    private readonly EventJournal _journal;
    private readonly JournalWriter _writer;
    private readonly EntityKinds _kinds;
    private readonly ReactionTable _table;
    private readonly ILogger<StandaloneReactionJournal> _log;
    private readonly Channel<bool> _appended = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool _isDamaged;

    public StandaloneReactionJournal(
        EventJournal journal, JournalWriter writer, EntityKinds kinds, ReactionTable table, ILogger<StandaloneReactionJournal> log)
    {
        (_journal, _writer, _kinds, _table, _log) = (journal, writer, kinds, table, log);
        _writer.Committed += OnAppended;
    }

    private IEnumerable<EntityKind> Sources => _kinds.Where(_table.IsSource);

    public async IAsyncEnumerable<ReactionBatch> ReadAsync(long position, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var events = _journal.ReadInOrder();
        Task<bool>? appended = null;
        while (Sources.Any())
        {
            var began = Stopwatch.GetTimestamp();
            while (ReadAfter(events, position) is { } batch)
            {
                position = batch.Position;
                yield return batch;
                cancel.ThrowIfCancellationRequested();
            }

            await Task.Delay(Pace.PauseAfter(Stopwatch.GetElapsedTime(began)), cancel);
            appended ??= _appended.Reader.ReadAsync(cancel).AsTask();
            await Task.WhenAny(appended, Task.Delay(LookInterval, cancel));
            cancel.ThrowIfCancellationRequested();
            if (appended.IsCompleted)
                appended = null;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
    }

    public Task<IReadOnlyList<JournalEntry>> ReadEntityAsync(EntityKey key, long number, CancellationToken cancel)
    {
        var entries = new List<JournalEntry>();
        try
        {
            foreach (var row in _journal.ReadEntity(key, number))
            {
                entries.Add(Entry(key, row));
                if (entries.Count == EntriesAtOnce)
                    break;
            }
        }
        catch (DamagedJournalException missing)
        {
            entries.Add(new JournalEntry(key, number + entries.Count + 1, null, missing));
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            var next = number + entries.Count + 1;
            entries.Add(new JournalEntry(key, next, null, new DamagedJournalException($"Event {next} of {key} lies on a damaged page of the journal.")));
        }

        // What was read is of use only if it was the journal.
        _journal.Check();
        return Task.FromResult<IReadOnlyList<JournalEntry>>(entries);
    }

    public void Dispose() => _writer.Committed -= OnAppended;

    private void OnAppended() => _appended.Writer.TryWrite(true);

    private ReactionBatch? ReadAfter(EventJournal.OrderedReader events, long position)
    {
        List<JournalRow> rows;
        try
        {
            rows = events.ReadAfter(position);
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            return ReadRoundDamage(position, damage);
        }

        if (rows.Count == 0)
            return null;
        _journal.Check();
        var entries = new List<JournalEntry>(rows.Count);
        foreach (var row in rows)
        {
            if (_kinds.Numbered(row.Kind) is { } kind && _table.IsSource(kind))
                entries.Add(Entry(new EntityKey(kind, row.EntityId), row));
        }

        return new ReactionBatch(entries, rows[^1].Ordering);
    }

    // The index of entities leads round a damaged page to every source that has no event on it.
    private ReactionBatch? ReadRoundDamage(long position, SqliteException damage)
    {
        var end = _journal.LastOrdering;
        if (end <= position)
            return null;
        if (!_isDamaged)
            LogDamagedPage(damage, position);
        _isDamaged = true;
        var readByItself = new DamagedJournalException($"The journal has a damaged page after event {position}.");
        return new ReactionBatch(
            [
                .. Sources.SelectMany(kind => _journal.IdsOf(kind).Select(id => new EntityKey(kind, id)))
                    .Select(key => new JournalEntry(key, _journal.LastSequenceNumber(key), null, readByItself)),
            ],
            end);
    }

    private JournalEntry Entry(EntityKey key, JournalRow row)
    {
        try
        {
            // Also of what need not be decoded: the name that says so may be damaged.
            row.RequireWhole(key.Kind);
            return new JournalEntry(key, row.SequenceNumber, _table.MustRead(key.Kind, row.Manifest) ? row.Decode(key.Kind) : null);
        }
        catch (Exception unreadable) when (unreadable is DamagedJournalException or UnreadableMessageException)
        {
            return new JournalEntry(key, row.SequenceNumber, null, unreadable);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The journal has a damaged page after event {Ordering}. What follows from events that can be read without it is delivered.")]
    private partial void LogDamagedPage(Exception damage, long ordering);
}
