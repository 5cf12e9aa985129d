using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using MySqlConnector;

namespace CouponAkka.Sharded.Notifying;

/// <summary>Reads what happened by the numbers that one node gives out. Any thread, and any process, may ask.</summary>
internal sealed class MySqlNotifications(CouponDatabase database, EntityKinds kinds, TimeProvider clock) : INotifications
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    public async ValueTask<IReadOnlyList<Notification>> ReadAsync(long after, int limit, CancellationToken cancel)
    {
        // The one that number after + 1 belongs to, and all that begin up to the last that is wanted.
        var rows = await AskAsync(connection => connection.QueryToListAsync<NumberedEventRow>(
            $"""
            SELECT numbered.first_n, numbered.lines_of_event, numbered.unreadable_at, numbered.persistence_id, numbered.sequence_number,
                event.message, event.identifier, event.manifest
            FROM numbered_events AS numbered
            LEFT JOIN journal AS event ON event.persistence_id = numbered.persistence_id AND event.sequence_number = numbered.sequence_number
            WHERE numbered.first_n >= (SELECT MAX(first_n) FROM numbered_events WHERE first_n <= {after + 1}) AND numbered.first_n <= {after + limit}
            ORDER BY numbered.first_n
            """,
            cancel));
        var lines = new List<Notification>(Math.Min(limit, rows.Count * 2));
        foreach (var row in rows)
        {
            var key = PersistenceIds.TryParse(row.PersistenceId, kinds, out var known) ? known : null;
            var happened = key is { } whose ? Decode(whose, row) : null;
            lines.AddRange(row.Numbers.LinesAfter(after, key?.Kind, key?.Id ?? 0, row.SequenceNumber, happened).Take(limit - lines.Count));
        }

        return lines;
    }

    public async ValueTask<long> LastAsync(CancellationToken cancel) =>
        await AskAsync(connection => connection.GetTable<NumberingRow>().Select(row => row.NextN - 1).SingleAsync(cancel));

    public Task WaitAsync(long after, CancellationToken cancel) => Task.Delay(PollInterval, clock, cancel);

    private static Event? Decode(EntityKey key, NumberedEventRow row)
    {
        if (row.Message is null)
            return null;
        var stored = new JournalRow
        {
            PersistenceId = row.PersistenceId,
            Key = key,
            SequenceNumber = row.SequenceNumber,
            Message = row.Message,
            Identifier = row.Identifier,
            Manifest = row.Manifest,
        };
        return NumberingRunner.Decode(stored, out _);
    }

    private async Task<T> AskAsync<T>(Func<DataConnection, Task<T>> ask)
    {
        try
        {
            await using var connection = database.Connect();
            return await ask(connection);
        }
        catch (MySqlException failure)
        {
            throw new ReadModelUnavailableException(failure);
        }
    }
}
