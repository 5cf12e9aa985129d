using System.Runtime.CompilerServices;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using LinqToDB;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Reacting;

/// <summary>
/// The journal on MySQL as reactions read it: by <c>ordering</c>, and at the start and then once a minute the last event of each source that is not known to
/// be delivered, so that one is delivered however late it could be seen.
/// </summary>
internal sealed class MySqlReactionJournal(CouponDatabase database, EntityKinds kinds, ReactionTable table, TimeProvider time) : IReactionJournal
{
    private const int EntriesAtOnce = 500;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(1);

    private readonly string _rows = RowsOf(kinds);

    public async IAsyncEnumerable<ReactionBatch> ReadAsync(long position, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = new OrderingReader(database, kinds, Rows, position, time);
        var told = position;
        var nextCheck = TimeSpan.Zero;
        while (true)
        {
            var rows = await reader.ReadAsync(cancel);
            var readUpTo = reader.Position.ReadUpTo;
            JournalEntry[] entries = [.. rows.Where(row => table.IsSource(row.Key.Kind)).Select(EntryOf)];
            if (entries.Length > 0 || readUpTo != told)
                yield return new ReactionBatch(entries, told = readUpTo);
            if (reader.Now >= nextCheck)
            {
                nextCheck = reader.Now + CheckInterval;
                foreach (var some in (await ReadUndeliveredAsync(reader.Highest, cancel)).Chunk(EntriesAtOnce))
                    yield return new ReactionBatch(some, told);
            }
        }
    }

    public async Task<IReadOnlyList<JournalEntry>> ReadEntityAsync(EntityKey key, long number, CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var rows = await OrderingReader.ReadEntityAsync(Rows(connection), key, number, cancel);
        if (rows.Count > 0 && rows[0].SequenceNumber != number + 1)
            return [new JournalEntry(key, number + 1, null, new InvalidEventException($"{key}, number {number + 1} is missing in the journal."))];
        return [.. rows.TakeWhile((row, i) => row.SequenceNumber == number + 1 + i).Select(EntryOf)];
    }

    // Those being delivered just now are among them; whoever has taken an event ignores it.
    private async Task<List<JournalEntry>> ReadUndeliveredAsync(long highest, CancellationToken cancel)
    {
        var entries = new List<JournalEntry>();
        await using var connection = database.Connect();
        // It looks at every source there is.
        connection.CommandTimeout = 60;
        foreach (var kind in kinds.Where(table.IsSource))
        {
            var rows = await connection.QueryToListAsync<JournalRow>(
                $"""
                SELECT event.* FROM {OrderingReader.EndsOf(kind)} AS journal_end
                JOIN ({_rows}) AS event ON event.persistence_id = journal_end.persistence_id AND event.sequence_number = journal_end.sequence_number
                LEFT JOIN reaction_progress AS progress ON progress.persistence_id = journal_end.persistence_id
                WHERE event.ordering <= {highest} AND (progress.sequence_number IS NULL OR progress.sequence_number < journal_end.sequence_number)
                """,
                cancel);
            entries.AddRange(rows.Where(row => row.IsOfAnEntity(kinds)).Select(EntryOf));
        }

        return entries;
    }

    private JournalEntry EntryOf(JournalRow row)
    {
        if (!table.MustRead(row.Key.Kind, row.Manifest ?? ""))
            return new JournalEntry(row.Key, row.SequenceNumber, null);
        try
        {
            return new JournalEntry(row.Key, row.SequenceNumber, row.Decode(out _));
        }
        catch (Exception damage) when (damage is UnreadableMessageException or InvalidEventException)
        {
            return new JournalEntry(row.Key, row.SequenceNumber, null, damage);
        }
    }

    private IQueryable<JournalRow> Rows(DataConnection connection) => connection.FromSql<JournalRow>(_rows);

    // The bytes of those alone that must be read (ReactionTable.MustRead): of a coupon that issues, nothing else would be as much.
    private static string RowsOf(EntityKinds kinds)
    {
        var mustRead = kinds.Where(kind => kind.TimePassed is not null).Select(kind => $"persistence_id LIKE '{PersistenceIds.PrefixOf(kind)}%'")
            .Concat(kinds.SelectMany(kind => kind.Reactions)
                .Select(reaction => $"(manifest = '{reaction.Manifest}' AND persistence_id LIKE '{reaction.Source}-%')"))
            .Distinct();
        return $"""
            SELECT ordering, persistence_id, sequence_number, created, identifier, manifest, IF({string.Join(" OR ", mustRead)}, message, x'') AS message
            FROM journal
            """;
    }
}
