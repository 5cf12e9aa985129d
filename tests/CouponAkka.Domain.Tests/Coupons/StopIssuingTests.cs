using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>A running sale is stopped at once, and goes on where it was.</summary>
public class StopIssuingTests
{
    private static readonly IssuingStopped Stopped = new(Noon);

    [Fact]
    public void A_coupon_is_stopped_and_says_so() =>
        Given(Created(), IssuedTo(1))
            .When(StopIssuing.Instance)
            .Then(new CouponStands(View(Policy, issued: 1, updated: Noon) with { Stopped = true }), Stopped);

    [Fact]
    public void While_it_is_stopped_nobody_is_issued_anything() =>
        Given(Created(), IssuedTo(1), Stopped).When(new IssueCoupon(2)).ThenRefused(RefusalReason.Stopped);

    [Fact]
    public void Stopped_comes_before_sold_out_and_before_the_period()
    {
        Given(Created(total: 1), IssuedTo(1), Stopped).When(new IssueCoupon(2)).ThenRefused(RefusalReason.Stopped);
        Given(Created(), Stopped).When(new IssueCoupon(2), at: End).ThenRefused(RefusalReason.Stopped);
    }

    [Fact]
    public void Who_holds_a_unit_keeps_it_and_may_use_it()
    {
        var coupon = Given(Created(), IssuedTo(1), Stopped);

        coupon.When(new IssueCoupon(1)).ThenRefused(RefusalReason.DuplicatedIssue, Issue(1, ticket: 1));
        coupon.When(new FindIssue(1)).Then(new IssueFound(Issue(1, ticket: 1)));
        coupon.When(new UseCoupon(1, 1000)).Then(new Used(Issue(1, ticket: 1, used: Noon)), UsedBy(1, ticket: 1, at: Noon));
    }

    [Fact]
    public void Resumed_it_issues_from_the_next_ticket_on()
    {
        var coupon = Given(Created(), IssuedTo(1), Stopped);
        var resumed = new IssuingResumed(Noon.Plus(5));

        coupon.When(ResumeIssuing.Instance, at: Noon.Plus(5)).Then(new CouponStands(View(Policy, issued: 1, updated: Noon.Plus(5))), resumed);

        coupon.Evolve(resumed);
        coupon.When(new IssueCoupon(2)).Then(new Issued(new(CouponId, 2, 2, Noon)), new CouponsIssued([new(2, 2, Noon)]));
    }

    [Fact]
    public void To_stop_or_resume_it_twice_changes_nothing()
    {
        Given(Created(), Stopped).When(StopIssuing.Instance, at: End).Then(new CouponStands(View(Policy, updated: Noon) with { Stopped = true }));
        Given(Created()).When(ResumeIssuing.Instance).Then(new CouponStands(View(Policy)));
    }

    [Fact]
    public void The_status_says_stopped_whatever_else_is_true()
    {
        foreach (var coupon in new[] { Given(Created(), Stopped), Given(Created(total: 1), IssuedTo(1), Stopped) })
            Assert.All([DayBefore, Noon, End], at => Assert.Equal(CouponState.Stopped, Assert.IsType<StatusIs>(coupon.When(GetStatus.Instance, at).Reply).Status.State));
    }

    [Fact]
    public void Nothing_is_stopped_that_does_not_exist()
    {
        Given().When(StopIssuing.Instance).ThenRefused(RefusalReason.CouponNotExist);
        Given().When(ResumeIssuing.Instance).ThenRefused(RefusalReason.CouponNotExist);
    }
}
