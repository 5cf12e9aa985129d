using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

public class CouponEventTests
{
    private static readonly CouponChanged Retitled = new("Sale", 3, Start, End, Noon);

    private static readonly Dictionary<string, CouponEvent[]> EventsOf = new()
    {
        ["issued before it is created"] = [IssuedTo(1)],
        ["changed before it is created"] = [Retitled],
        ["stopped or resumed before it is created"] = [new IssuingStopped(Noon)],
        ["stopped a second time"] = [Created(), new IssuingStopped(Noon), new IssuingStopped(End)],
        ["resumed without having been stopped"] = [Created(), new IssuingResumed(Noon)],
        ["used by user 1, who does not hold ticket 1"] = [UsedBy(1, ticket: 1, at: Noon)],
        ["created a second time"] = [Created(), Created()],
        ["issued with ticket 2 after ticket 0"] = [Created(), new CouponsIssued([new(1, 2, Noon)])],
        ["issued with ticket 3 after ticket 1"] = [Created(), new CouponsIssued([new(1, 1, Noon), new(2, 3, Noon)])],
        ["issued with ticket 1 after ticket 1"] = [Created(), IssuedTo(1), IssuedTo(2)],
        ["issued to user 1 a second time"] = [Created(), IssuedTo(1), new CouponsIssued([new(1, 2, Noon)])],
        ["issued beyond its total of 1"] = [Created(total: 1), IssuedTo(1, 2)],
        ["issued beyond its total of 0"] = [Created(total: 0), IssuedTo(1)],
        ["changed to a total of 1 with 2 issued"] = [Created(), IssuedTo(1, 2), Retitled with { TotalQuantity = 1 }],
        ["used by user 1 a second time"] = [Created(), IssuedTo(1), UsedBy(1, ticket: 1, at: Noon), UsedBy(1, ticket: 1, at: End)],
        ["used by user 2, who does not hold ticket 1"] = [Created(), IssuedTo(1), UsedBy(2, ticket: 1, at: Noon)],
        ["used by user 1, who does not hold ticket 2"] = [Created(), IssuedTo(1, 2), UsedBy(1, ticket: 2, at: Noon)],
    };

    public static TheoryData<string> Contradictions => [.. EventsOf.Keys];

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void An_event_that_contradicts_what_happened_before_is_refused(string contradiction)
    {
        var events = EventsOf[contradiction];
        var coupon = Given(events[..^1]);

        var refused = Assert.Throws<InvalidEventException>(() => coupon.Evolve(events[^1]));

        Assert.Equal($"Coupon {CouponId} is {contradiction}.", refused.Message);
    }

    [Fact]
    [Trait("Promise", "10")]
    public void A_poison_event_names_its_coupon_and_leaves_another_coupon_alone()
    {
        var poisoned = new Coupon(8);
        var other = Given(Created());

        var refused = Assert.Throws<InvalidEventException>(() => poisoned.Evolve(IssuedTo(1)));

        Assert.StartsWith("Coupon 8 ", refused.Message, StringComparison.Ordinal);
        other.When(new IssueCoupon(1)).Then(new Issued(new(CouponId, 1, 1, Noon)), new CouponsIssued([new(1, 1, Noon)]));
    }

    [Fact]
    public void Neighbouring_issues_become_one_event() =>
        Assert.Equal(
            [new CouponsIssued([new(1, 1, Start), new(2, 2, Noon), new(3, 3, Noon)])],
            CouponEvent.Coalesce(
                [new CouponsIssued([new(1, 1, Start)]), new CouponsIssued([new(2, 2, Noon), new(3, 3, Noon)])]));

    [Fact]
    public void Issues_on_both_sides_of_another_event_stay_apart()
    {
        CouponsIssued first = IssuedTo(1), second = new([new(2, 2, Noon)]), third = new([new(3, 3, Noon)]);
        CouponUsed used = UsedBy(1, ticket: 1, at: Noon), again = UsedBy(2, ticket: 2, at: Noon);

        Assert.Equal(
            [Created(), first, used, again, new CouponsIssued([.. second.Issues, .. third.Issues]), Retitled],
            CouponEvent.Coalesce([Created(), first, used, again, second, third, Retitled]));
    }

    [Fact]
    public void An_event_with_no_neighbour_stays_as_it_is()
    {
        var alone = IssuedTo(1);

        Assert.Same(alone, Assert.Single(CouponEvent.Coalesce([alone])));
        Assert.Empty(CouponEvent.Coalesce([]));
    }

    [Fact]
    public void Events_with_the_same_issues_are_equal()
    {
        Assert.Equal(IssuedTo(1, 2), IssuedTo(1, 2));
        Assert.Equal(IssuedTo(1, 2).GetHashCode(), IssuedTo(1, 2).GetHashCode());
        Assert.NotEqual(IssuedTo(1, 2), IssuedTo(2, 1));
        Assert.NotEqual(IssuedTo(1, 2), IssuedTo(1));
    }
}
