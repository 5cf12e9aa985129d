using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Tests.Entities;

namespace CouponAkka.Sharded.Tests.Edge;

public sealed class CouponCopyTests
{
    private const long CouponId = 7;
    private const long Holder = 1;
    private const long Stranger = 2;

    private static readonly Timestamp At = new(1_700_000_000_000_000);

    private static readonly CouponPolicy OneUnit = new(
        "a coupon", 1, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private static readonly CouponUsed Use = new(Holder, 1, 20_000, OneUnit.DiscountAmount, OneUnit.VendorId, At);

    private readonly ManualTime _time = new();

    [Fact]
    [Trait("Promise", "18")]
    public void A_holder_whose_unit_is_unused_as_far_as_the_copy_knows_is_left_to_the_coupon()
    {
        var copy = Leased(SoldOut());

        Assert.Null(Refusal(copy, Holder));
        Assert.Equal(new Refused(RefusalReason.SoldOut), Refusal(copy, Stranger));
    }

    [Fact]
    public void A_use_that_the_copy_knows_of_is_told_at_once()
    {
        var used = new Refused(RefusalReason.DuplicatedIssue, new CouponIssue(CouponId, Holder, 1, At, At));

        Assert.Equal(used, Refusal(Leased(SoldOut(), Use), Holder));
        var inSnapshot = SoldOut();
        inSnapshot.Evolve(Use);
        Assert.Equal(used, Refusal(Leased(inSnapshot), Holder));
    }

    [Fact]
    public void Of_all_that_may_change_under_a_lease_a_copy_tells_nothing()
    {
        var stopped = SoldOut();
        stopped.Evolve(new IssuingStopped(At));

        // Nobody is issued anything until the lease is over, so none of these can become untrue.
        Assert.Equal(new Refused(RefusalReason.Stopped), Refusal(Leased(stopped), Stranger));
        Assert.Equal(new Refused(RefusalReason.OutsidePeriod), Refusal(Leased(With(OneUnit with { DateIssueEnd = new Timestamp(1) })), Stranger));
        Assert.Null(Refusal(Leased(With(OneUnit)), Stranger));
    }

    private static Coupon With(CouponPolicy policy)
    {
        var coupon = new Coupon(CouponId);
        coupon.Evolve(new CouponCreated(policy, At));
        return coupon;
    }

    private static Coupon SoldOut()
    {
        var coupon = With(OneUnit);
        coupon.Evolve(new CouponsIssued([new CouponIssued(Holder, 1, At)]));
        return coupon;
    }

    private static Reply? Refusal(CouponCopy copy, long user) => copy.TryRefuse(new IssueCoupon(user), out _);

    private CouponCopy Leased(Coupon coupon, params CouponEvent[] since)
    {
        const long inSnapshot = 5;
        var copy = new CouponCopy(CouponId, _time);
        var snapshot = CouponSnapshotCodec.Encode(coupon.TakeSnapshot());
        var follow = copy.Followed(new CouponSnapshotPart(CouponId, copy.Follow()!.Number, inSnapshot, 0, snapshot.Length, snapshot));
        copy.Followed(new CouponLease(
            CouponId, follow!.Number, [.. since.Select((happened, i) => new NumberedEvent(inSnapshot + 1 + i, happened))], WriterLease.Length));
        return copy;
    }
}
