using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class CreateCouponTests
{
    [Fact]
    public void A_coupon_is_created() =>
        Given()
            .When(new CreateCoupon(Policy), at: DayBefore)
            .Then(new CouponStands(View(Policy), Created: true), new CouponCreated(Policy, DayBefore));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_period_that_ends_where_it_starts_or_before_is_refused(long microseconds) =>
        Given()
            .When(new CreateCoupon(Policy with { DateIssueEnd = Start.Plus(microseconds) }))
            .ThenRefused(RefusalReason.InvalidPeriod);

    [Fact]
    public void A_period_of_one_microsecond_is_taken()
    {
        var shortest = Policy with { DateIssueEnd = Start.Plus(1) };

        Given()
            .When(new CreateCoupon(shortest), at: DayBefore)
            .Then(new CouponStands(View(shortest), Created: true), new CouponCreated(shortest, DayBefore));
    }

    [Fact]
    public void The_same_policy_again_stands_already_with_what_is_issued() =>
        Given(Created(), IssuedTo(1, 2))
            .When(new CreateCoupon(Policy))
            .Then(new CouponStands(View(Policy, issued: 2), Created: false));

    [Fact]
    public void Another_policy_is_refused() =>
        Given(Created())
            .When(new CreateCoupon(Policy with { DiscountAmount = 501 }))
            .ThenRefused(RefusalReason.CouponAlreadyExist);

    [Fact]
    public void After_a_change_the_first_policy_is_another_one_and_the_changed_one_stands()
    {
        var changed = Given(Created(), new CouponChanged("Sale", 3, Start, End, Noon));

        changed.When(new CreateCoupon(Policy)).ThenRefused(RefusalReason.CouponAlreadyExist);
        changed.When(new CreateCoupon(Policy with { Title = "Sale" }))
            .Then(new CouponStands(View(Policy with { Title = "Sale" }, updated: Noon)));
    }

    public static TheoryData<CouponCommand> EveryCommandButCreate =>
    [
        new ChangeCoupon(Title: "Sale"),
        new ChangeCoupon(),
        new IssueCoupon(1),
        new UseCoupon(1),
        new FindIssue(1),
        GetStatus.Instance,
    ];

    [Theory]
    [MemberData(nameof(EveryCommandButCreate))]
    public void A_coupon_that_does_not_exist_refuses_every_other_command(CouponCommand command)
    {
        var absent = Given();

        absent.When(command).ThenRefused(RefusalReason.CouponNotExist);
        Assert.False(absent.Exists);
        Assert.Throws<InvalidOperationException>(absent.TakeSnapshot);
    }
}
