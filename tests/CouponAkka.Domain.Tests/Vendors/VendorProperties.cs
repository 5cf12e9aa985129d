using System.Numerics;
using CouponAkka.Domain.Vendors;
using FsCheck.Fluent;

namespace CouponAkka.Domain.Tests.Vendors;

/// <summary>What holds for a vendor whatever is asked of it, in whatever order and however often.</summary>
public class VendorProperties
{
    [Fact]
    public void The_balance_is_the_sum_of_the_payouts_one_for_each_use_that_was_told() => Properties.Hold(VendorHistory.Any, steps =>
    {
        var credits = VendorHistory.CreditsOf(steps);
        var history = new VendorHistory(steps.Append(new Step(0, new PutVendor("Last"))));
        var found = (VendorFound)history.Vendor.Decide(GetVendor.Instance, default).Reply;

        Assert.Equal(credits.Count, found.Vendor.CouponsUsed);
        Assert.Equal(credits.Sum(credit => credit.Amount), found.Vendor.Balance);
        var payouts = history.Events.OfType<VendorCredited>().ToList();
        Assert.Equal(credits.Select(credit => (credit.Cause, credit.Amount)), payouts.Select(payout => (payout.Cause, payout.Amount)));
        Assert.Equal(Enumerable.Range(1, payouts.Count).Select(number => (long)number), payouts.Select(payout => payout.Number));
    });

    [Fact]
    public void What_is_told_again_from_any_place_on_changes_nothing() => Properties.Hold(VendorHistory.Any, steps =>
    {
        var history = new VendorHistory(steps);
        var before = VendorHistory.StateOf(history.Vendor);

        foreach (var credit in steps.Select(step => step.Command).OfType<CreditVendor>())
            Assert.Equal(new Decision(Credited.Instance), history.Vendor.Decide(credit, history.Turns[^1].Now));
        Assert.Equal(before, VendorHistory.StateOf(history.Vendor));
    });

    [Fact]
    public void The_events_replayed_give_the_same_vendor() => Properties.Hold(VendorHistory.Any, steps =>
    {
        var history = new VendorHistory(steps);
        var replayed = new Vendor(VendorHistory.VendorId);
        foreach (var happened in history.Events)
            replayed.Evolve(happened);

        Assert.Equal(VendorHistory.StateOf(history.Vendor), VendorHistory.StateOf(replayed));
        foreach (var (command, now, _) in history.Turns)
            Assert.Equal(history.Vendor.Decide(command, now), replayed.Decide(command, now));
    });

    [Fact]
    public void A_snapshot_and_the_events_after_it_give_the_same_vendor() => Properties.Hold(VendorHistory.Any, steps =>
    {
        var history = new VendorHistory(steps);
        var vendor = new Vendor(VendorHistory.VendorId);
        var snapshots = new List<VendorSnapshot>();
        foreach (var happened in history.Events)
        {
            vendor.Evolve(happened);
            snapshots.Add(vendor.TakeSnapshot());
        }

        for (var i = 0; i < snapshots.Count; i++)
        {
            var recovered = Vendor.From(snapshots[i]);
            foreach (var happened in history.Events[(i + 1)..])
                recovered.Evolve(happened);
            Assert.Equal(VendorHistory.StateOf(vendor), VendorHistory.StateOf(recovered));
        }
    });

    [Fact]
    public void What_is_answered_is_what_the_event_makes_true() => Properties.Hold(VendorHistory.Any, steps =>
    {
        var vendor = new Vendor(VendorHistory.VendorId);
        foreach (var (command, now, decision) in new VendorHistory(steps).Turns)
        {
            var before = VendorHistory.StateOf(vendor);
            Assert.Equal(decision, vendor.Decide(command, now));
            Assert.Equal(before, VendorHistory.StateOf(vendor));
            if (decision.Event is { } happened)
                vendor.Evolve(happened);
            if (decision.Reply is VendorSaved saved)
                Assert.Equal(new VendorFound(saved.Vendor), vendor.Decide(GetVendor.Instance, now).Reply);
        }
    });

    [Fact]
    public void No_recorded_time_goes_back_with_the_clock() => Properties.Hold(VendorHistory.Any, steps =>
    {
        var times = new VendorHistory(steps).Events
            .Select(happened => happened is VendorNamed named ? named.At : ((VendorCredited)happened).At).ToList();

        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.First <= pair.Second));
    });

    [Fact]
    public void A_payout_is_the_whole_units_of_its_part_of_the_discount() => Properties.Hold(
        Arb.From(from high in Gen.Choose(0, int.MaxValue) from low in Gen.Choose(0, int.MaxValue) select ((long)high << 32) | ((long)low << 1)),
        Arb.From(from digits in Gen.Choose(0, 1_000_000_000) from scale in Gen.Choose(9, 28) select new decimal(digits, 0, 0, false, (byte)scale)),
        (discount, rate) =>
        {
            var whole = VendorReactions.Payout(discount, rate);
            var digits = new BigInteger(decimal.Parse($"{rate:F28}".Replace(".", "", StringComparison.Ordinal).TrimStart('0').PadLeft(1, '0'), null));

            Assert.InRange(whole, 0, discount);
            Assert.True(whole * BigInteger.Pow(10, 28) <= discount * digits);
            Assert.True((whole + 1) * BigInteger.Pow(10, 28) > discount * digits);
        });
}
