using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class ChangeCouponTests
{
    private static readonly Timestamp Later = End.Plus(86_400_000_000);

    [Fact]
    public void The_total_is_raised_and_a_sold_out_coupon_issues_again()
    {
        var soldOut = Given(Created(total: 1), IssuedTo(1));
        var raised = new CouponChanged("Half price", 2, Start, End, Noon);

        soldOut.When(new ChangeCoupon(TotalQuantity: new(2)))
            .Then(new CouponStands(View(Policy with { TotalQuantity = 2 }, issued: 1, updated: Noon)), raised);

        soldOut.Evolve(raised);
        soldOut.When(new IssueCoupon(2))
            .Then(new Issued(new(CouponId, 2, 2, Noon)), new CouponsIssued([new(2, 2, Noon)]));
    }

    [Fact]
    public void The_total_is_lowered() =>
        Given(Created(total: 3), IssuedTo(1))
            .When(new ChangeCoupon(TotalQuantity: new(2)))
            .Then(
                new CouponStands(View(Policy with { TotalQuantity = 2 }, issued: 1, updated: Noon)),
                new CouponChanged("Half price", 2, Start, End, Noon));

    [Fact]
    public void The_total_is_lowered_to_exactly_what_is_issued_and_the_coupon_is_sold_out()
    {
        var coupon = Given(Created(total: 3), IssuedTo(1, 2));
        var lowered = new CouponChanged("Half price", 2, Start, End, Noon);

        coupon.When(new ChangeCoupon(TotalQuantity: new(2)))
            .Then(new CouponStands(View(Policy with { TotalQuantity = 2 }, issued: 2, updated: Noon)), lowered);

        coupon.Evolve(lowered);
        coupon.When(new IssueCoupon(3)).ThenRefused(RefusalReason.SoldOut);
    }

    [Fact]
    [Trait("Promise", "1")]
    public void A_total_below_what_is_issued_is_refused() =>
        Given(Created(total: 3), IssuedTo(1, 2))
            .When(new ChangeCoupon(TotalQuantity: new(1)))
            .ThenRefused(RefusalReason.TotalBelowIssued);

    [Fact]
    public void An_unlimited_coupon_can_be_limited_but_not_below_what_is_issued()
    {
        var unlimited = Given(Created(total: null), IssuedTo(1, 2));

        unlimited.When(new ChangeCoupon(TotalQuantity: new(1))).ThenRefused(RefusalReason.TotalBelowIssued);
        unlimited.When(new ChangeCoupon(TotalQuantity: new(2)))
            .Then(
                new CouponStands(View(Policy with { TotalQuantity = 2 }, issued: 2, updated: Noon)),
                new CouponChanged("Half price", 2, Start, End, Noon));
    }

    [Fact]
    public void The_total_is_taken_away() =>
        Given(Created(total: 1), IssuedTo(1))
            .When(new ChangeCoupon(TotalQuantity: new(null)))
            .Then(
                new CouponStands(View(Policy with { TotalQuantity = null }, issued: 1, updated: Noon)),
                new CouponChanged("Half price", null, Start, End, Noon));

    [Fact]
    public void The_period_is_moved() =>
        Given(Created())
            .When(new ChangeCoupon(DateIssueStart: End, DateIssueEnd: Later))
            .Then(
                new CouponStands(View(Policy with { DateIssueStart = End, DateIssueEnd = Later }, updated: Noon)),
                new CouponChanged("Half price", 3, End, Later, Noon));

    [Fact]
    public void A_start_moved_onto_the_end_is_refused() =>
        Given(Created()).When(new ChangeCoupon(DateIssueStart: End)).ThenRefused(RefusalReason.InvalidPeriod);

    [Fact]
    public void An_end_moved_onto_the_start_is_refused() =>
        Given(Created()).When(new ChangeCoupon(DateIssueEnd: Start)).ThenRefused(RefusalReason.InvalidPeriod);

    [Fact]
    [Trait("Promise", "9")]
    public void Moving_the_period_takes_no_unit_away()
    {
        var moved = Given(Created(), IssuedTo(1), new CouponChanged("Half price", 3, End, Later, Noon));

        moved.When(new FindIssue(1)).Then(new IssueFound(Issue(1, ticket: 1)));
        moved.When(new IssueCoupon(1)).ThenRefused(RefusalReason.DuplicatedIssue, Issue(1, ticket: 1));
        moved.When(new IssueCoupon(2)).ThenRefused(RefusalReason.OutsidePeriod);
        Assert.Equal(StateOf(moved), StateOf(Coupon.From(moved.TakeSnapshot())));
    }

    [Fact]
    public void The_title_is_changed() =>
        Given(Created())
            .When(new ChangeCoupon(Title: "Sale"))
            .Then(
                new CouponStands(View(Policy with { Title = "Sale" }, updated: Noon)),
                new CouponChanged("Sale", 3, Start, End, Noon));

    public static TheoryData<ChangeCoupon> ChangesToNothing =>
    [
        new ChangeCoupon(),
        new ChangeCoupon("Half price", new NewTotal(3), Start, End),
    ];

    [Theory]
    [MemberData(nameof(ChangesToNothing))]
    public void A_change_to_what_stands_already_needs_no_event(ChangeCoupon nothing) =>
        Given(Created()).When(nothing).Then(new CouponStands(View(Policy)));

    [Fact]
    public void A_change_of_what_stands_no_more_is_refused_with_what_stands()
    {
        var coupon = Given(Created(), new CouponChanged("Sale", 3, Start, End, Noon));

        coupon.When(new ChangeCoupon(Title: "Mine", IfUpdatedAt: DayBefore))
            .Then(new Refused(RefusalReason.CouponChanged, Coupon: View(Policy with { Title = "Sale" }, updated: Noon)));
        coupon.When(new ChangeCoupon(Title: "Mine", IfUpdatedAt: Noon), at: End)
            .Then(
                new CouponStands(View(Policy with { Title = "Mine" }, updated: End)),
                new CouponChanged("Mine", 3, Start, End, End));
    }

    [Fact]
    public void Two_changes_in_the_same_moment_are_told_apart()
    {
        var coupon = Given(Created(), new CouponChanged("Sale", 3, Start, End, Noon));

        coupon.When(new ChangeCoupon(Title: "Mine"), at: Noon)
            .Then(
                new CouponStands(View(Policy with { Title = "Mine" }, updated: Noon.Plus(1))),
                new CouponChanged("Mine", 3, Start, End, Noon.Plus(1)));
    }
}
