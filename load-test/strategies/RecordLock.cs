namespace CouponAkka.Strategies;

/// <summary>
/// <c>SELECT … FOR UPDATE</c> on the coupon's row, held until the commit (seed 001). Exact in any number of processes; each issue is five
/// round trips, during four of which everyone else waits.
/// </summary>
internal sealed class RecordLock(CouponTables tables) : IStrategy
{
    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        await using var connection = await tables.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var answer = await CouponTables.CheckThenIssueAsync(transaction, couponId, userId, lockRecord: true);
        await transaction.CommitAsync();
        return answer;
    }
}
