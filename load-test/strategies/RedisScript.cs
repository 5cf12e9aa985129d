using System.Collections.Concurrent;
using StackExchange.Redis;

namespace CouponAkka.Strategies;

/// <summary>
/// A script in Redis decides, remembers who has one, and queues the issue; <see cref="RedisScriptConsumer"/> writes it to MySQL later
/// (seed 001). Sold out is remembered here, so that the rest of the crowd costs Redis nothing. "Issued" means: Redis has it. How long
/// it has it is a matter of its <c>appendonly</c>.
/// </summary>
internal sealed class RedisScript(CouponTotals totals, IConnectionMultiplexer redis) : IStrategy
{
    /// <summary>The queue that the consumer empties: a list of "couponId:userId".</summary>
    internal const string Queue = "issue.request";

    private const string Script =
        """
        if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then
            return 2
        end
        if tonumber(ARGV[2]) <= redis.call('SCARD', KEYS[1]) then
            return 3
        end
        redis.call('SADD', KEYS[1], ARGV[1])
        redis.call('RPUSH', KEYS[2], ARGV[3])
        return 1
        """;

    private readonly IDatabase _redis = redis.GetDatabase();
    private readonly ConcurrentDictionary<long, bool> _soldOut = new();

    public async Task<Answer> IssueAsync(long couponId, long userId)
    {
        if (_soldOut.ContainsKey(couponId))
            return Answer.SoldOut;
        var (exists, total) = await totals.OfAsync(couponId);
        if (!exists)
            return Answer.NoSuchCoupon;
        var code = await _redis.ScriptEvaluateAsync(
            Script, [$"issue.request.coupon:{couponId}", Queue], [userId, total ?? long.MaxValue, $"{couponId}:{userId}"]);
        switch ((int)code)
        {
            case 1:
                return Answer.Issued;
            case 2:
                return Answer.Duplicate;
            default:
                _soldOut[couponId] = true;
                return Answer.SoldOut;
        }
    }
}
