namespace CouponAkka.Strategies;

/// <summary>
/// A lock in Redis, and in it the transaction (seeds 001, 004): waits ten seconds for it, has it ten seconds at most. Exact as long as
/// nobody takes longer than that. A process that dies with the lock keeps everyone out until the ten seconds are over.
/// </summary>
internal sealed class RedisLock(CouponTables tables, DistributedLock locks) : IStrategy
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        await using var held = await locks.TryAcquireAsync($"lock_{couponId}", Wait, Lease);
        return held is null ? Answer.NotNow : await tables.IssueInTransactionAsync(couponId, userId);
    }
}
