using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.ReadModel;
using LinqToDB;

namespace CouponAkka.Sharded.Projection;

/// <summary>Empties the read model, so that the projection makes it anew from the journal.</summary>
internal static class Rebuild
{
    /// <summary>
    /// Done in one transaction, also while the cluster runs: its projection notices the new epoch and begins at the journal's start. Until
    /// this commits, queries see what was there before.
    /// </summary>
    public static Task RunAsync(CouponDatabase database) => database.InTransactionAsync(async connection =>
    {
        connection.CommandTimeout = 0;
        await PositionRow.LockAsync(connection);
        await connection.GetTable<IssueRow>().DeleteAsync();
        await connection.GetTable<CouponRow>().DeleteAsync();
        await connection.GetTable<ProgressRow>().DeleteAsync();
        await connection.GetTable<LineRow>().DeleteAsync();
        await connection.GetTable<ViewRow>().DeleteAsync();
        return await connection.GetTable<PositionRow>().Set(row => row.Ordering, 0L).Set(row => row.Settled, 0L).Set(row => row.Epoch, row => row.Epoch + 1).UpdateAsync();
    });
}
