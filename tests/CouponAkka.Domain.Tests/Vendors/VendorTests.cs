using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Vendors;

namespace CouponAkka.Domain.Tests.Vendors;

public class VendorTests
{
    private const long VendorId = VendorHistory.VendorId;

    private static readonly Timestamp Now = Timestamp.From(new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Timestamp Later = Now.Plus(TimeSpan.FromSeconds(1));
    private static readonly CreditVendor Credit = new(new Cause("coupon", 7, 3), 7, 1, 1, null, 50);
    private static readonly VendorCredited FirstPaid = new(Credit.Cause, 1, 7, 1, 1, null, 50, Now);

    [Fact]
    public void A_vendor_is_created_by_its_first_name()
    {
        var decision = Given().Decide(new PutVendor("A"), Now);

        Assert.Equal(new(new VendorSaved(new(VendorId, "A", 0, 0, Now, Now), Created: true), new VendorNamed("A", 0, 0, Now)), decision);
    }

    [Fact]
    public void The_same_name_again_changes_nothing_and_another_renames()
    {
        var vendor = Given(new VendorNamed("A", 0, 0, Now));

        Assert.Equal(new(new VendorSaved(new(VendorId, "A", 0, 0, Now, Now))), vendor.Decide(new PutVendor("A"), Later));
        Assert.Equal(
            new(new VendorSaved(new(VendorId, "B", 0, 0, Now, Later)), new VendorNamed("B", 0, 0, Later)), vendor.Decide(new PutVendor("B"), Later));
    }

    [Fact]
    public void A_vendor_without_a_name_does_not_exist_for_who_asks_and_keeps_its_credits()
    {
        var vendor = Given(FirstPaid);

        Assert.True(vendor.Exists);
        Assert.Equal(new(new VendorRefused(VendorRefusal.NotExist)), vendor.Decide(GetVendor.Instance, Later));
        Assert.Equal(
            new(new VendorSaved(new(VendorId, "A", 50, 1, Later, Later), Created: true), new VendorNamed("A", 50, 1, Later)),
            vendor.Decide(new PutVendor("A"), Later));
    }

    [Fact]
    public void One_to_whom_nothing_happened_is_not_there()
    {
        Assert.False(Given().Exists);
        Assert.Throws<InvalidOperationException>(Given().TakeSnapshot);
    }

    [Fact]
    public void A_use_is_paid_once_and_so_is_a_payout_of_nothing()
    {
        var vendor = Given(FirstPaid);
        var nothing = Credit with { Cause = Credit.Cause with { Number = 4 }, Ticket = 2, Amount = 0 };

        Assert.Equal(new(Credited.Instance), vendor.Decide(Credit, Later));
        Assert.Equal(new(Credited.Instance), vendor.Decide(Credit with { Cause = Credit.Cause with { Number = 2 } }, Later));
        Assert.Equal(
            new(Credited.Instance, new VendorCredited(nothing.Cause, 2, 7, 1, 2, null, 0, Later)), vendor.Decide(nothing, Later));
        Assert.NotNull(vendor.Decide(Credit with { Cause = new Cause("coupon", 8, 1) }, Later).Event);
        Assert.NotNull(vendor.Decide(Credit with { Cause = new Cause("order", 7, 1) }, Later).Event);
    }

    [Fact]
    public void A_payout_that_the_balance_can_not_hold_is_neither_dropped_nor_cut()
    {
        var vendor = Given(FirstPaid with { Amount = long.MaxValue });

        Assert.Equal(new(VendorReply.Unavailable), vendor.Decide(Credit with { Cause = Credit.Cause with { Number = 4 } }, Later));
    }

    public static TheoryData<string> Contradictions => [.. Impossible.Keys];

    private static Dictionary<string, VendorEvent> Impossible => new()
    {
        ["a payout left out"] = FirstPaid with { Cause = new("coupon", 7, 4), Number = 3 },
        ["a payout twice"] = FirstPaid with { Number = 2 },
        ["a use that came before"] = FirstPaid with { Cause = new("coupon", 7, 2), Number = 2 },
        ["more than a balance holds"] = FirstPaid with { Cause = new("coupon", 7, 4), Number = 2, Amount = long.MaxValue },
        ["a negative payout"] = FirstPaid with { Cause = new("coupon", 7, 4), Number = 2, Amount = -1 },
        ["named with another balance"] = new VendorNamed("A", 49, 1, Later),
        ["named with other payouts"] = new VendorNamed("A", 50, 2, Later),
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void What_can_not_follow_is_refused(string what) => Assert.Throws<InvalidEventException>(() => Given(FirstPaid).Evolve(Impossible[what]));

    [Fact]
    public void A_snapshot_that_contradicts_itself_is_refused()
    {
        var snapshot = Given(FirstPaid).TakeSnapshot();

        Assert.Throws<InvalidEventException>(() => Vendor.From(snapshot with { Taken = [] }));
        Assert.Throws<InvalidEventException>(() => Vendor.From(snapshot with { Taken = [.. snapshot.Taken, .. snapshot.Taken] }));
        Assert.Throws<InvalidEventException>(() => Vendor.From(snapshot with { Taken = [.. snapshot.Taken, new("coupon", 8, 1)] }));
        Assert.Throws<InvalidEventException>(() => Vendor.From(snapshot with { CouponsUsed = 0, Taken = [] }));
    }

    [Fact]
    public void A_used_unit_credits_the_vendor_of_its_coupon()
    {
        var cause = new Cause("coupon", 7, 3);
        var used = new CouponUsed(UserId: 1, Ticket: 2, OrderAmount: null, DiscountAmount: 1999, VendorId: 9, Now);

        Assert.Equal(new Ask("vendor", 9, new CreditVendor(cause, 7, 1, 2, null, 199)), VendorReactions.On(cause, used, Terms.Default));
        Assert.Null(VendorReactions.On(cause, used with { VendorId = null }, Terms.Default));
    }

    [Theory]
    [InlineData(0, "0.1", 0)]
    [InlineData(9, "0.1", 0)]
    [InlineData(10, "0.1", 1)]
    [InlineData(1999, "0.10", 199)]
    [InlineData(1000, "0", 0)]
    [InlineData(long.MaxValue, "1", long.MaxValue)]
    [InlineData(long.MaxValue, "1.0000000000000000000000000000", long.MaxValue)]
    [InlineData(long.MaxValue, "0.9999999999999999999999999999", long.MaxValue - 1)]
    // A tiny bit short of the next unit: a product of decimals is rounded up to it.
    [InlineData(9007199254740991, "0.2029030078423716080163749889", 1827587821022514)]
    [InlineData(3, "0.3333333333333333333333333333", 0)]
    public void A_payout_is_cut_to_whole_units(long discount, string rate, long payout) =>
        Assert.Equal(payout, VendorReactions.Payout(discount, decimal.Parse(rate, null)));

    [Theory]
    [InlineData(-1, "0.1")]
    [InlineData(1, "-0.1")]
    [InlineData(1, "1.0000001")]
    public void A_discount_or_rate_that_can_not_be_is_refused(long discount, string rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => VendorReactions.Payout(discount, decimal.Parse(rate, null)));

    private static Vendor Given(params IEnumerable<VendorEvent> events)
    {
        var vendor = new Vendor(VendorId);
        foreach (var happened in events)
            vendor.Evolve(happened);
        return vendor;
    }
}
