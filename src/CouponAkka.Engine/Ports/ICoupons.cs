using CouponAkka.Domain.Coupons;

namespace CouponAkka.Engine.Ports;

/// <summary>Asks the one writer of a coupon, wherever it lives.</summary>
public interface ICoupons
{
    /// <summary>
    /// The coupon's answer, once everything that it rests on is durable. Failures are answers too:
    /// <see cref="CouponReply.OutcomeUnknown"/> and <see cref="CouponReply.Unavailable"/>.
    /// </summary>
    ValueTask<CouponReply> AskAsync(long couponId, CouponCommand command);
}
