namespace CouponAkka.Api.Coupons;

/// <summary>
/// Ids for coupons that are made without one: milliseconds since 2026 in the upper 41 bits, chance in the lower 12.
/// They grow with time, fit 2^53-1 until 2095, and need nobody to hand them out; two that meet are told apart by the
/// coupon itself, which is created only once.
/// </summary>
public sealed class CouponIds(TimeProvider clock)
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public long Next() => ((long)Math.Max(0, (clock.GetUtcNow() - Epoch).TotalMilliseconds) << 12) | (uint)Random.Shared.Next(1, 1 << 12);
}
