namespace CouponAkka.Strategies;

/// <summary>
/// Count, then insert: the first try of every seed (002, 003). Two that read the same number both issue the same unit.
/// </summary>
internal sealed class Naive(CouponTables tables) : IStrategy
{
    public Task<Answer> IssueAsync(long couponId, long userId) => tables.IssueInTransactionAsync(couponId, userId);
}
