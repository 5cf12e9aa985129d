using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Telemetry;

/// <summary>Counts what those who ask to be issued a unit, or to use one, are told, and how many wait for it.</summary>
public sealed class MeteredCoupons : ICoupons
{
    private readonly ICoupons _coupons;
    private long _waiting;

    public MeteredCoupons(ICoupons coupons)
    {
        _coupons = coupons;
        CouponMeter.ObserveWaiting(() => Interlocked.Read(ref _waiting));
    }

    public ValueTask<CouponReply> AskAsync(long couponId, CouponCommand command)
    {
        var asked = _coupons.AskAsync(couponId, command);
        if (!CouponMeter.CountsAnswers || command is not (IssueCoupon or UseCoupon))
            return asked;
        if (!asked.IsCompletedSuccessfully)
            return WaitAsync(asked);
        var reply = asked.Result;
        CouponMeter.Answered(reply);
        return new(reply);
    }

    private async ValueTask<CouponReply> WaitAsync(ValueTask<CouponReply> asked)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            var reply = await asked;
            CouponMeter.Answered(reply);
            return reply;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
