using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Entities;
using LinqToDB;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>Puts events into the journal by hand, as the plugin would.</summary>
internal static class JournalEntries
{
    public static readonly Timestamp At = new(1_700_000_000_123_456);

    public static CouponCreated Created(long? total = null) =>
        new(new CouponPolicy("Spring", total, 1_000, 20_000, At, new(At.UnixMicroseconds + 1_000_000), VendorId: 3), At);

    public static CouponChanged Changed(string title = "Summer", long? total = null) =>
        new(title, total, At, new(At.UnixMicroseconds + 2_000_000), new(At.UnixMicroseconds + 5));

    /// <summary>Units issued to these users, from this ticket on.</summary>
    public static CouponsIssued Issued(long firstTicket, params long[] userIds) =>
        new([.. userIds.Select((userId, i) => new CouponIssued(userId, firstTicket + i, new(At.UnixMicroseconds + firstTicket + i)))]);

    public static CouponUsed Used(long userId, long ticket) => new(userId, ticket, 20_000, 1_000, 3, new(At.UnixMicroseconds + 10_000 + ticket));

    /// <summary>Null makes the event that changes nothing.</summary>
    public static JournalRow Row(long couponId, long sequenceNumber, CouponEvent? happened) => new()
    {
        PersistenceId = PersistenceIds.Of(CouponSettings.KeyOf(couponId)),
        Key = CouponSettings.KeyOf(couponId),
        SequenceNumber = sequenceNumber,
        Created = DateTime.UtcNow.Ticks,
        Message = happened is null ? [] : CouponEventCodec.Encode(happened),
        Identifier = CouponSerializer.Id,
        Manifest = happened is null ? WriterFence.Manifest : CouponEventCodec.Manifest(happened),
    };

    /// <summary>An event of a counter.</summary>
    public static JournalRow Counter(long id, long sequenceNumber, CounterEvent happened) => RowOf(new(CounterKind.Instance, id), sequenceNumber, happened);

    /// <summary>What a writer of a counter puts before its first event.</summary>
    public static JournalRow Fence(long counterId, long sequenceNumber) => RowOf(new(CounterKind.Instance, counterId), sequenceNumber, null);

    private static JournalRow RowOf(EntityKey key, long sequenceNumber, CounterEvent? happened) => new()
    {
        PersistenceId = PersistenceIds.Of(key),
        Key = key,
        SequenceNumber = sequenceNumber,
        Created = DateTime.UtcNow.Ticks,
        Message = happened is null ? [] : key.Kind.Encode(happened, traceParent: null),
        Identifier = happened is null ? CouponSerializer.Id : EntitySerializer.IdOf(key.Kind),
        Manifest = happened is null ? WriterFence.Manifest : key.Kind.ManifestOf(happened),
    };

    /// <summary>In any order, as they may stand in a journal that is older than the key which refuses gaps, or is damaged.</summary>
    public static async Task AppendAsync(this DataConnection connection, params JournalRow[] rows)
    {
        await connection.ExecuteAsync("SET SESSION foreign_key_checks = 0");
        foreach (var row in rows)
        {
            await connection.GetTable<JournalRow>().InsertAsync(() => new JournalRow
            {
                PersistenceId = row.PersistenceId,
                SequenceNumber = row.SequenceNumber,
                Created = row.Created,
                Message = row.Message,
                Identifier = row.Identifier,
                Manifest = row.Manifest,
            });
        }

        await connection.ExecuteAsync("SET SESSION foreign_key_checks = 1");
    }

    public static async Task AppendAsync(this CouponDatabase database, params JournalRow[] rows)
    {
        await using var connection = database.Connect();
        await connection.AppendAsync(rows);
    }

    /// <summary>A coupon's events from this number on.</summary>
    public static Task AppendAsync(this CouponDatabase database, long couponId, long firstNumber, params CouponEvent?[] events) =>
        database.AppendAsync([.. events.Select((happened, i) => Row(couponId, firstNumber + i, happened))]);
}
