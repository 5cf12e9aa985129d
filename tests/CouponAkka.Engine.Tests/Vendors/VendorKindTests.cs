using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Tests;
using CouponAkka.Domain.Tests.Vendors;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Tests.Projecting;
using CouponAkka.Engine.Vendors;
using FsCheck.Fluent;

namespace CouponAkka.Engine.Tests.Vendors;

/// <summary>Vendors as engines have them: credited by reactions, and listed by documents.</summary>
public sealed class VendorKindTests
{
    private static readonly EntityKey Coupon = new(CouponKind.Instance, 7);
    private static readonly EntityKey Vendor = new(VendorKind.Instance, VendorHistory.VendorId);
    private static readonly VendorNamed Named = new("A", 0, 0, new(1));
    private static readonly VendorCredited FirstPaid = new(new("coupon", 7, 1), 1, 7, 1, 1, null, 50, new(2));

    [Fact]
    public void Lists_show_a_vendor_as_it_says_of_itself_and_each_payout_wherever_its_events_are_cut_into_batches() => Properties.Hold(
        VendorHistory.Any,
        Arb.Array(Arb.From(Gen.Choose(1, 4))),
        (steps, cuts) =>
        {
            var history = new VendorHistory(steps);
            var (json, lines) = Cuts.Fold(VendorKind.Instance, Vendor.Id, history.Events, cuts);

            var found = history.Vendor.Decide(GetVendor.Instance, default).Reply as VendorFound;
            Assert.Equal(found?.Vendor, json is null ? null : VendorDocument.ReadVendor(json));
            Assert.Equal(
                history.Events.OfType<VendorCredited>().Select(paid =>
                    (VendorDocument.Payouts, Vendor.Id, paid.Number, new Payout(paid.CouponId, paid.UserId, paid.Ticket, paid.OrderId, paid.Amount, paid.At))),
                lines.Select(line => (line.List, line.Owner, line.Position, VendorDocument.ReadPayout(line))));
        });

    public static TheoryData<string> Contradictions => [.. Impossible.Keys];

    private static Dictionary<string, VendorEvent> Impossible => new()
    {
        ["a payout left out"] = FirstPaid with { Number = 3 },
        ["a payout twice"] = FirstPaid,
        ["more than a balance holds"] = FirstPaid with { Number = 2, Amount = long.MaxValue },
        ["named with another balance"] = Named,
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void What_contradicts_the_list_is_refused(string what)
    {
        var view = VendorKind.Instance.ViewOf(Vendor.Id, null);
        view.Apply(Named);
        view.Apply(FirstPaid);

        Assert.Throws<InvalidEventException>(() => VendorKind.Instance.ViewOf(Vendor.Id, view.ToJson()).Apply(Impossible[what]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"vendorId":9,"name":null,"balance":0,"couponsUsed":0,"dateCreated":{"unixMicroseconds":1},"dateUpdated":{"unixMicroseconds":1}}""")]
    public void A_damaged_document_is_refused(string json) =>
        Assert.Throws<UnreadableMessageException>(() => VendorKind.Instance.ViewOf(Vendor.Id, json));

    /// <summary>They stand in read models: one that changes needs a rebuild.</summary>
    [Fact]
    public void A_document_is_as_it_always_was()
    {
        var view = VendorKind.Instance.ViewOf(Vendor.Id, null);
        view.Apply(Named);
        view.Apply(FirstPaid);

        Assert.Equal(
            """{"vendorId":9,"name":"A","balance":50,"couponsUsed":1,"dateCreated":{"unixMicroseconds":1},"dateUpdated":{"unixMicroseconds":1}}""",
            view.ToJson());
        Assert.Equal(
            [new ListLine("payouts", 9, 1, """{"couponId":7,"userId":1,"ticket":1,"orderId":null,"amount":50,"at":{"unixMicroseconds":2}}""")], view.Lines);
    }

    [Fact]
    public void A_used_unit_asks_its_vendor_for_a_credit_at_the_rate_of_the_shop_and_nothing_else_of_a_coupon_does()
    {
        var table = new ReactionTable(EntityKinds.All, new Terms(PayoutRate: 0.5m), []);
        var used = new CouponUsed(UserId: 1, Ticket: 2, OrderAmount: null, DiscountAmount: 101, Vendor.Id, new(3));

        Assert.True(table.IsSource(CouponKind.Instance));
        Assert.False(table.IsSource(VendorKind.Instance));
        Assert.True(table.MustRead(CouponKind.Instance, CouponKind.Instance.ManifestOf(used)));
        Assert.False(table.MustRead(CouponKind.Instance, CouponKind.Instance.ManifestOf(new IssuingStopped(new(3)))));
        Assert.Equal([(Vendor, (Command)new CreditVendor(new("coupon", 7, 4), 7, 1, 2, null, 50))], table.AsksOf(Coupon, 4, used));
        Assert.Empty(table.AsksOf(Coupon, 4, used with { VendorId = null }));
    }

    [Fact]
    public void A_credit_whose_answer_is_lost_is_asked_for_again()
    {
        var credit = new CreditVendor(FirstPaid.Cause, 7, 1, 1, null, 50);

        Assert.Equal(VendorKind.Instance.OutcomeUnknown, VendorKind.Instance.Lost(credit));
        Assert.Equal(VendorKind.Instance.Unavailable, VendorKind.Instance.Lost(GetVendor.Instance));
        // What comes over the wire is still known for what it is.
        foreach (var reply in (Reply[])[VendorKind.Instance.OutcomeUnknown, VendorKind.Instance.Unavailable])
            Assert.Equal(reply, VendorKind.Instance.Messages.DecodeReply(Vendor.Id, VendorKind.Instance.Messages.Encode(reply)));
    }

    [Fact]
    public void A_vendor_comes_back_from_the_bytes_of_its_snapshot_with_the_id_it_is_asked_by()
    {
        var entity = VendorKind.Instance.New(Vendor.Id);
        entity.Evolve(Named);
        entity.Evolve(FirstPaid);
        var bytes = VendorKind.Instance.EncodeSnapshot(entity.TakeSnapshot());

        // As the cluster reads it, which does not know yet whose it is.
        var back = VendorKind.Instance.From(Vendor.Id, VendorKind.Instance.DecodeSnapshot(0, 0, bytes));

        Assert.Equal(entity.Decide(GetVendor.Instance, default), back.Decide(GetVendor.Instance, default));
        Assert.Null(back.Decide(new CreditVendor(FirstPaid.Cause, 7, 1, 1, null, 50), new(9)).Event);
    }
}
