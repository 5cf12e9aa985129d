using StackExchange.Redis;

namespace CouponAkka.Strategies;

/// <summary>
/// <c>INCR</c> decides, then the row is inserted (seed 003). Never more than N while Redis keeps its counter; a user may have several; a
/// unit is lost when the process dies between the two.
/// </summary>
internal sealed class RedisIncr(CouponTables tables, CouponTotals totals, IConnectionMultiplexer redis) : IStrategy
{
    private readonly IDatabase _redis = redis.GetDatabase();

    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        var (exists, total) = await totals.OfAsync(couponId);
        if (!exists)
            return Answer.NoSuchCoupon;
        if (await _redis.StringIncrementAsync($"coupon_count:{couponId}") > (total ?? long.MaxValue))
            return Answer.SoldOut;
        await using var connection = await tables.ConnectAsync();
        await CouponTables.InsertIssueAsync(connection, couponId, userId);
        return Answer.Issued;
    }
}
