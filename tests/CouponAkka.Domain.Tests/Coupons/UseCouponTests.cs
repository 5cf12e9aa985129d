using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class UseCouponTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    public void An_order_of_the_smallest_amount_or_more_uses_the_unit(long amount) =>
        Given(Created(), IssuedTo(1, 2))
            .When(new UseCoupon(2, amount))
            .Then(new Used(Issue(2, ticket: 2, used: Noon)), new CouponUsed(2, 2, amount, 500, 9, Noon));

    [Fact]
    public void An_order_below_the_smallest_amount_is_refused() =>
        Given(Created(), IssuedTo(1)).When(new UseCoupon(1, 999)).ThenRefused(RefusalReason.OrderTooSmall);

    [Fact]
    public void A_use_without_an_amount_is_taken() =>
        Given(Created(), IssuedTo(1))
            .When(new UseCoupon(1))
            .Then(new Used(Issue(1, ticket: 1, used: Noon)), new CouponUsed(1, 1, null, 500, 9, Noon));

    [Fact]
    public void A_unit_may_be_used_after_the_period_in_which_it_was_issued() =>
        Given(Created(), IssuedTo(1))
            .When(new UseCoupon(1), at: End)
            .Then(new Used(Issue(1, ticket: 1, used: End)), new CouponUsed(1, 1, null, 500, 9, End));

    [Fact]
    public void A_second_use_is_told_the_date_of_the_first() =>
        Given(Created(), IssuedTo(1), UsedBy(1, ticket: 1, at: Noon))
            .When(new UseCoupon(1), at: End)
            .ThenRefused(RefusalReason.AlreadyUsed, Issue(1, ticket: 1, used: Noon));

    [Fact]
    public void Already_used_comes_before_the_smallest_amount() =>
        Given(Created(), IssuedTo(1), UsedBy(1, ticket: 1, at: Noon))
            .When(new UseCoupon(1, 0))
            .ThenRefused(RefusalReason.AlreadyUsed, Issue(1, ticket: 1, used: Noon));

    [Fact]
    public void A_user_who_holds_nothing_can_use_nothing() =>
        Given(Created(), IssuedTo(1)).When(new UseCoupon(2)).ThenRefused(RefusalReason.IssueNotExist);

    [Fact]
    public void What_a_user_holds_is_found_with_its_date_of_use()
    {
        var coupon = Given(Created(), IssuedTo(1, 2), UsedBy(2, ticket: 2, at: Noon));

        coupon.When(new FindIssue(1)).Then(new IssueFound(Issue(1, ticket: 1)));
        coupon.When(new FindIssue(2)).Then(new IssueFound(Issue(2, ticket: 2, used: Noon)));
        coupon.When(new FindIssue(3)).ThenRefused(RefusalReason.IssueNotExist);
    }
}
