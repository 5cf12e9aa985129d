using System.Collections.Concurrent;

namespace CouponAkka.Strategies;

/// <summary>How many units each coupon has, read once a process: nothing here changes them.</summary>
internal sealed class CouponTotals(CouponTables tables)
{
    private readonly ConcurrentDictionary<long, int?> _totals = new();

    public async ValueTask<(bool Exists, int? Total)> OfAsync(long couponId)
    {
        if (_totals.TryGetValue(couponId, out var known))
            return (true, known);
        var (exists, total) = await tables.ReadTotalAsync(couponId);
        if (exists)
            _totals[couponId] = total;
        return (exists, total);
    }
}
