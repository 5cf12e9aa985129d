using System.Globalization;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Notifying;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Notifying;

/// <summary>
/// Gives what happens its numbers, each once: the next of them, and up to which of its events each entity has them, change in the transaction that adds
/// them. One gives them out at a time: who begins takes the next epoch, and what one of an older epoch would add is refused.
/// </summary>
internal sealed partial class NumberingRunner(
    CouponDatabase database, EntityKinds kinds, NodeNumbering here, Func<long, CancellationToken, Task> post, TimeProvider time, ILogger<NumberingRunner> log)
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SoonestLook = TimeSpan.FromSeconds(1);

    // An event of each entity that waits for one before it, which nobody has seen yet, and since when. The journal takes none without the one before, so
    // what is missing has been removed, or somebody has switched that off and may still commit it.
    private readonly Dictionary<string, Waiting> _waiting = [];

    /// <summary>Numbers until <paramref name="stop"/>. After a failure it begins anew.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var retry = FirstRetry;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                var trouble = $"Nothing more is numbered for notifications: {failure.Message}";
                // Said once for each trouble, which may last for hours.
                if (here.Failure != trouble)
                    LogFailed(failure);
                else
                    retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                here.Failure = trouble;
                await Task.Delay(retry, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The event; null for one that can't be read, or that changes nothing.</summary>
    internal static Event? Decode(JournalRow row, out bool changesNothing)
    {
        changesNothing = false;
        try
        {
            var happened = row.Decode(out _);
            changesNothing = happened is null;
            return happened;
        }
        catch (Exception damage) when (damage is UnreadableMessageException or InvalidEventException)
        {
            return null;
        }
    }

    private async Task RunOnceAsync(CancellationToken stop)
    {
        var (epoch, position) = await BeginAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var posting = post(epoch, end.Token);
        try
        {
            await NumberAsync(epoch, position, end.Token);
        }
        finally
        {
            await end.CancelAsync();
            await posting;
        }
    }

    private Task<(long Epoch, long Position)> BeginAsync() => database.InTransactionAsync(async connection =>
    {
        var row = await NumberingRow.LockAsync(connection);
        await connection.GetTable<NumberingRow>().Set(position => position.Epoch, position => position.Epoch + 1).UpdateAsync();
        return (row.Epoch + 1, row.Ordering);
    });

    private async Task NumberAsync(long epoch, long position, CancellationToken stop)
    {
        var reader = new OrderingReader(database, kinds, connection => connection.GetTable<JournalRow>(), position, time);
        var told = position;
        var (nextCheck, nextLook) = (TimeSpan.Zero, TimeSpan.Zero);
        _waiting.Clear();
        while (true)
        {
            var rows = await reader.ReadAsync(stop);
            if (reader.Now >= nextCheck)
            {
                nextCheck = reader.Now + CheckInterval;
                rows.AddRange(await ReadLateAsync(reader.Highest, stop));
            }

            if (_waiting.Count > 0 && reader.Now >= nextLook)
            {
                nextLook = reader.Now + SoonestLook;
                rows.AddRange(_waiting.Values.Select(waiting => waiting.Row));
            }

            var readUpTo = reader.Position.ReadUpTo;
            if (rows.Count > 0 || readUpTo != told)
                await AddAsync(epoch, rows, told = readUpTo);
            here.Failure = null;
        }
    }

    // Each entity's last event, if the entity is behind although all that could be read by ordering came before: it was seen late.
    private async Task<List<JournalRow>> ReadLateAsync(long highest, CancellationToken cancel)
    {
        var late = new List<JournalRow>();
        await using var connection = database.Connect();
        // It looks at every entity there is.
        connection.CommandTimeout = 60;
        foreach (var kind in kinds)
        {
            late.AddRange(await connection.QueryToListAsync<JournalRow>(
                $"""
                SELECT event.* FROM {OrderingReader.EndsOf(kind)} AS journal_end
                JOIN journal AS event ON event.persistence_id = journal_end.persistence_id AND event.sequence_number = journal_end.sequence_number
                LEFT JOIN notification_progress AS progress ON progress.persistence_id = journal_end.persistence_id
                WHERE event.ordering <= {highest} AND (progress.sequence_number IS NULL OR progress.sequence_number < journal_end.sequence_number)
                ORDER BY event.ordering
                """,
                cancel));
        }

        late.RemoveAll(row => !row.IsOfAnEntity(kinds));
        return late;
    }

    private Task<int> AddAsync(long epoch, List<JournalRow> rows, long readUpTo) => database.InTransactionAsync(async connection =>
    {
        var position = await NumberingRow.LockAsync(connection);
        if (position.Epoch != epoch)
            throw new NotTheNumbererException(epoch, position.Epoch);
        var numbered = new NumberedBatch(position.NextN, await ProgressOfAsync(connection, rows));
        foreach (var row in rows.OrderBy(row => row.Ordering))
        {
            // Where an event of the entity before it was not seen yet, that one comes first.
            if (row.SequenceNumber == numbered.DoneOf(row.PersistenceId) + 1 || await AddThoseBeforeAsync(connection, numbered, row))
                Add(numbered, row);
        }

        var batch = new SqlBatch(connection);
        await batch.InsertAsync(
            "numbered_events (first_n, lines_of_event, persistence_id, sequence_number, unreadable_at)",
            "",
            numbered.Events,
            added => batch.Text.Append(
                CultureInfo.InvariantCulture,
                $"{added.Numbers.First}, {added.Numbers.Lines}, '{added.PersistenceId}', {added.SequenceNumber}, {SqlLiteral.Of(added.Numbers.UnreadableAt)}"));
        await batch.InsertAsync(
            "notification_progress (persistence_id, sequence_number)",
            " ON DUPLICATE KEY UPDATE sequence_number = VALUES(sequence_number)",
            numbered.Progress,
            entity => batch.Text.Append(CultureInfo.InvariantCulture, $"'{entity.Key}', {entity.Value}"));
        batch.Text.Append(CultureInfo.InvariantCulture, $"UPDATE notification_position SET ordering = {readUpTo}, next_n = {numbered.NextN};");
        return await batch.SendAsync();
    });

    private static async Task<Dictionary<string, long>> ProgressOfAsync(DataConnection connection, List<JournalRow> rows)
    {
        var ids = rows.Select(row => row.PersistenceId).Distinct().ToList();
        return ids.Count == 0
            ? []
            : await connection.GetTable<NumberedEntityRow>().Where(row => ids.Contains(row.PersistenceId))
                .ToDictionaryAsync(row => row.PersistenceId, row => row.SequenceNumber);
    }

    // False if one of them is missing, and may still come.
    private async Task<bool> AddThoseBeforeAsync(DataConnection connection, NumberedBatch numbered, JournalRow upTo)
    {
        while (numbered.DoneOf(upTo.PersistenceId) + 1 < upTo.SequenceNumber)
        {
            var next = numbered.DoneOf(upTo.PersistenceId) + 1;
            var rows = (await OrderingReader.ReadEntityAsync(connection.GetTable<JournalRow>(), upTo.Key, next - 1))
                .TakeWhile((row, i) => row.SequenceNumber == next + i && row.SequenceNumber < upTo.SequenceNumber)
                .ToList();
            rows.ForEach(row => Add(numbered, row));
            if (rows.Count > 0)
                continue;
            if (!_waiting.TryGetValue(upTo.PersistenceId, out var waiting))
                _waiting.Add(upTo.PersistenceId, waiting = new Waiting(upTo, next, time.GetTimestamp()));
            if (waiting.For != next)
                _waiting[upTo.PersistenceId] = waiting = new Waiting(upTo, next, time.GetTimestamp());
            if (time.GetElapsedTime(waiting.Since) < OrderingHoles.Patience)
                return false;
            _waiting[upTo.PersistenceId] = waiting with { For = next + 1 };
            AddUnreadable(numbered, upTo.PersistenceId);
        }

        _waiting.Remove(upTo.PersistenceId);
        return true;
    }

    private void Add(NumberedBatch numbered, JournalRow row)
    {
        if (row.SequenceNumber <= numbered.DoneOf(row.PersistenceId))
            return;
        var happened = Decode(row, out var changesNothing);
        if (changesNothing)
            numbered.PassOver(row.PersistenceId);
        else if (happened is null)
            AddUnreadable(numbered, row.PersistenceId);
        else
            numbered.Add(row.PersistenceId, EventNumbers.At(numbered.NextN, row.Key.Kind, happened, time));
    }

    private void AddUnreadable(NumberedBatch numbered, string persistenceId)
    {
        var sequenceNumber = numbered.DoneOf(persistenceId) + 1;
        LogUnreadable(sequenceNumber, persistenceId, numbered.NextN);
        numbered.Add(persistenceId, EventNumbers.At(numbered.NextN, null, null, time));
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Event {SequenceNumber} of {PersistenceId} can't be read or is missing. "
            + "Notification {N} says so, and stays like that even if the journal is mended.")]
    private partial void LogUnreadable(long sequenceNumber, string persistenceId, long n);

    [LoggerMessage(Level = LogLevel.Error, Message = "Nothing more is numbered for notifications; trying again, and saying no more of it until that changes.")]
    private partial void LogFailed(Exception failure);

    /// <param name="For">The number of the event that is missing.</param>
    private sealed record Waiting(JournalRow Row, long For, long Since);

    /// <summary>What one transaction adds.</summary>
    private sealed class NumberedBatch(long nextN, Dictionary<string, long> done)
    {
        public long NextN { get; private set; } = nextN;

        public List<(EventNumbers Numbers, string PersistenceId, long SequenceNumber)> Events { get; } = [];

        /// <summary>Of the entities that have something new, the last number.</summary>
        public Dictionary<string, long> Progress { get; } = [];

        public long DoneOf(string persistenceId) => done.GetValueOrDefault(persistenceId);

        public void Add(string persistenceId, EventNumbers numbers)
        {
            PassOver(persistenceId);
            Events.Add((numbers, persistenceId, DoneOf(persistenceId)));
            NextN = numbers.Last + 1;
        }

        public void PassOver(string persistenceId) => Progress[persistenceId] = done[persistenceId] = DoneOf(persistenceId) + 1;
    }
}

/// <summary>Another one gives out numbers now. Nothing was added.</summary>
internal sealed class NotTheNumbererException(long epoch, long current)
    : Exception($"Numbers are given out in epoch {current}, and this one began epoch {epoch}: another one has begun.");
