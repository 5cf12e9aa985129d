using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Projection;
using LinqToDB;
using LinqToDB.Async;

namespace CouponAkka.Sharded.Operations;

/// <summary>How far the read model follows the journal, by what the database says: so any member can tell, whichever projects.</summary>
/// <param name="Position">Up to where the journal has been projected.</param>
/// <param name="JournalEnd">Where it ends.</param>
/// <param name="Epoch">How often somebody has begun to project.</param>
internal sealed record ProjectionReport(
    long Position, long JournalEnd, long Epoch, IReadOnlyList<ParkedCoupon> Parked,
    IReadOnlyList<ParkedEntity> ParkedEntities)
{
    private const int MostParked = 100;

    public long EventsBehind => Math.Max(0, JournalEnd - Position);

    /// <exception cref="MySqlConnector.MySqlException">The database can't be asked.</exception>
    public static async Task<ProjectionReport> ReadAsync(CouponDatabase database, CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var position = await connection.GetTable<PositionRow>().FirstAsync(cancel);
        var end = await connection.GetTable<JournalRow>().MaxAsync(row => (long?)row.Ordering, cancel);
        var parked = await connection.GetTable<ProgressRow>()
            .Where(row => row.ParkedBecause != null)
            .OrderBy(row => row.CouponId)
            .Take(MostParked)
            .ToListAsync(cancel);
        var parkedEntities = await connection.GetTable<ViewRow>()
            .Where(row => row.ParkedBecause != null)
            .OrderBy(row => row.Kind).ThenBy(row => row.EntityId)
            .Take(MostParked)
            .Select(row => new ParkedEntity(row.Kind, row.EntityId, row.SequenceNumber, row.ParkedBecause!))
            .ToListAsync(cancel);
        return new(
            position.Ordering,
            // Where transactions were rolled back, numbers are missing at the end, which the projection has seen.
            Math.Max(end ?? 0, position.Ordering),
            position.Epoch,
            parked.ConvertAll(row => new ParkedCoupon(row.CouponId, row.SequenceNumber, row.ParkedBecause!)),
            parkedEntities);
    }
}

/// <summary>A coupon that is not projected any further than that event, and why.</summary>
internal sealed record ParkedCoupon(long CouponId, long SequenceNumber, string Because);

/// <summary>One of another kind than coupons.</summary>
internal sealed record ParkedEntity(string Kind, long Id, long SequenceNumber, string Because);
