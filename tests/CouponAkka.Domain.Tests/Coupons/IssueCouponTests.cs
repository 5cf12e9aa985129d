using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class IssueCouponTests
{
    [Fact]
    public void The_first_user_gets_ticket_one() =>
        Given(Created())
            .When(new IssueCoupon(1))
            .Then(new Issued(new(CouponId, 1, 1, Noon)), new CouponsIssued([new(1, 1, Noon)]));

    [Fact]
    public void The_next_user_gets_the_next_ticket() =>
        Given(Created(), IssuedTo(1, 2))
            .When(new IssueCoupon(3))
            .Then(new Issued(new(CouponId, 3, 3, Noon)), new CouponsIssued([new(3, 3, Noon)]));

    [Fact]
    [Trait("Promise", "1")]
    public void A_coupon_with_all_units_issued_is_sold_out() =>
        Given(Created(total: 2), IssuedTo(1, 2)).When(new IssueCoupon(3)).ThenRefused(RefusalReason.SoldOut);

    [Fact]
    public void A_coupon_with_a_total_of_zero_is_sold_out_from_the_beginning() =>
        Given(Created(total: 0)).When(new IssueCoupon(1)).ThenRefused(RefusalReason.SoldOut);

    [Fact]
    public void A_coupon_without_a_total_never_sells_out() =>
        Given(Created(total: null), IssuedTo([.. Enumerable.Range(1, 1000)]))
            .When(new IssueCoupon(2000))
            .Then(new Issued(new(CouponId, 2000, 1001, Noon)), new CouponsIssued([new(2000, 1001, Noon)]));

    [Fact]
    public void The_microsecond_before_the_start_is_too_early() =>
        Given(Created()).When(new IssueCoupon(1), at: Start.Plus(-1)).ThenRefused(RefusalReason.OutsidePeriod);

    [Fact]
    public void The_first_microsecond_of_the_period_issues() =>
        Given(Created())
            .When(new IssueCoupon(1), at: Start)
            .Then(new Issued(new(CouponId, 1, 1, Start)), new CouponsIssued([new(1, 1, Start)]));

    [Fact]
    public void The_last_microsecond_of_the_period_issues() =>
        Given(Created())
            .When(new IssueCoupon(1), at: End.Plus(-1))
            .Then(new Issued(new(CouponId, 1, 1, End.Plus(-1))), new CouponsIssued([new(1, 1, End.Plus(-1))]));

    [Fact]
    public void The_end_itself_is_too_late() =>
        Given(Created()).When(new IssueCoupon(1), at: End).ThenRefused(RefusalReason.OutsidePeriod);

    [Fact]
    [Trait("Promise", "2")]
    public void A_user_who_holds_a_unit_is_told_which_one() =>
        Given(Created(), IssuedTo(1, 2)).When(new IssueCoupon(2)).ThenRefused(RefusalReason.DuplicatedIssue, Issue(2, ticket: 2));

    [Fact]
    public void A_duplicate_tells_when_the_unit_was_used() =>
        Given(Created(), IssuedTo(1), UsedBy(1, ticket: 1, at: Noon))
            .When(new IssueCoupon(1))
            .ThenRefused(RefusalReason.DuplicatedIssue, Issue(1, ticket: 1, used: Noon));

    [Fact]
    public void Duplicate_comes_before_sold_out() =>
        Given(Created(total: 1), IssuedTo(1)).When(new IssueCoupon(1)).ThenRefused(RefusalReason.DuplicatedIssue, Issue(1, ticket: 1));

    [Fact]
    public void Sold_out_comes_before_the_period() =>
        Given(Created(total: 1), IssuedTo(1)).When(new IssueCoupon(2), at: End).ThenRefused(RefusalReason.SoldOut);

    [Fact]
    public void Duplicate_comes_before_the_period() =>
        Given(Created(), IssuedTo(1)).When(new IssueCoupon(1), at: End).ThenRefused(RefusalReason.DuplicatedIssue, Issue(1, ticket: 1));
}
