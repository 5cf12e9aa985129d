using System.Numerics;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Domain.Vendors;

/// <summary>What is asked of vendors when something happens to others.</summary>
public static class VendorReactions
{
    /// <summary>A used unit credits the vendor of its coupon, if it has one.</summary>
    public static Ask? On(Cause cause, CouponUsed used, Terms terms) => used.VendorId is { } vendorId
        ? new Ask(Vendor.Kind, vendorId, new CreditVendor(
            cause, cause.Id, used.UserId, used.Ticket, used.OrderId, Payout(used.DiscountAmount, terms.PayoutRate)))
        : null;

    /// <summary>⌊discount × rate⌋, exactly: a product of decimals would be rounded where it has more digits than they hold.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The discount is negative, or the rate is not in 0 … 1.</exception>
    public static long Payout(long discount, decimal rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(discount);
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, 1);
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(rate, parts);
        var digits = ((BigInteger)(uint)parts[2] << 64) | ((BigInteger)(uint)parts[1] << 32) | (uint)parts[0];
        return (long)(discount * digits / BigInteger.Pow(10, rate.Scale));
    }
}
