using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>The state is what a new user would hear, so it follows the order in which an issue is refused.</summary>
public class CouponStatusTests
{
    private static CouponStatus StatusOf(Coupon coupon, Timestamp at) =>
        Assert.IsType<StatusIs>(coupon.When(GetStatus.Instance, at).Reply).Status;

    [Fact]
    public void Before_the_start_a_coupon_is_not_open() =>
        Assert.Equal(new(CouponId, CouponState.NotOpen, 0, 3), StatusOf(Given(Created()), at: Start.Plus(-1)));

    [Fact]
    public void From_the_start_until_the_end_a_coupon_is_open()
    {
        Assert.Equal(new(CouponId, CouponState.Open, 0, 3), StatusOf(Given(Created()), at: Start));
        Assert.Equal(new(CouponId, CouponState.Open, 0, 3), StatusOf(Given(Created()), at: End.Plus(-1)));
    }

    [Fact]
    public void At_the_end_a_coupon_has_ended() =>
        Assert.Equal(new(CouponId, CouponState.Ended, 0, 3), StatusOf(Given(Created()), at: End));

    [Fact]
    public void Sold_out_comes_before_not_open_and_ended()
    {
        var soldOut = Given(Created(total: 1), IssuedTo(1));

        foreach (var at in new[] { Start.Plus(-1), Noon, End })
            Assert.Equal(new(CouponId, CouponState.SoldOut, 1, 1), StatusOf(soldOut, at));
    }

    [Fact]
    public void What_remains_is_the_total_less_what_is_issued() =>
        Assert.Equal(2, StatusOf(Given(Created(total: 3), IssuedTo(1)), at: Noon).Remaining);

    [Fact]
    public void Of_an_unlimited_coupon_what_remains_is_without_limit_too() =>
        Assert.Null(StatusOf(Given(Created(total: null), IssuedTo(1)), at: Noon).Remaining);
}
