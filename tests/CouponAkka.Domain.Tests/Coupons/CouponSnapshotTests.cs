using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class CouponSnapshotTests
{
    private static readonly CouponEvent[] TwoIssuedOneUsed = [Created(), IssuedTo(1, 2), UsedBy(2, ticket: 2, at: Noon)];

    [Fact]
    public void A_coupon_comes_back_from_its_snapshot()
    {
        var coupon = Given([.. TwoIssuedOneUsed, new CouponChanged("Sale", 5, Start, End, Noon)]);

        Assert.Equal(StateOf(coupon), StateOf(Coupon.From(coupon.TakeSnapshot())));
    }

    [Fact]
    public void A_snapshot_stays_what_it_was_while_the_coupon_goes_on()
    {
        var coupon = Given(TwoIssuedOneUsed);
        var snapshot = coupon.TakeSnapshot();
        var then = StateOf(coupon);

        coupon.Evolve(new CouponChanged("Sale", null, Start, End, Noon));
        coupon.Evolve(UsedBy(1, ticket: 1, at: Noon));
        coupon.Evolve(new CouponsIssued([.. Enumerable.Range(3, 100).Select(user => new CouponIssued(user, user, Noon))]));

        Assert.Equal(then, StateOf(Coupon.From(snapshot)));
    }

    [Fact]
    public void A_snapshot_with_holders_missing_is_refused()
    {
        var snapshot = Given(TwoIssuedOneUsed).TakeSnapshot();

        Assert.Throws<InvalidEventException>(() => Coupon.From(snapshot with { Holders = snapshot.Holders.SkipLast(1) }));
    }

    [Fact]
    public void A_snapshot_with_a_hole_in_its_tickets_is_refused()
    {
        var snapshot = Given(TwoIssuedOneUsed).TakeSnapshot();

        Assert.Throws<InvalidEventException>(() => Coupon.From(snapshot with { Holders = snapshot.Holders.Skip(1) }));
    }

    [Fact]
    public void A_snapshot_with_a_user_twice_is_refused()
    {
        var snapshot = Given(TwoIssuedOneUsed).TakeSnapshot();

        Assert.Throws<InvalidEventException>(
            () => Coupon.From(snapshot with { Holders = snapshot.Holders.Select(holder => holder with { UserId = 1 }) }));
    }
}
