using CouponAkka.Domain.Coupons;
using Xunit.Abstractions;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>Runs when no other test does: what it measures is the memory of the whole process.</summary>
[CollectionDefinition(nameof(CouponMemoryTests), DisableParallelization = true)]
[Collection(nameof(CouponMemoryTests))]
public class CouponMemoryTests(ITestOutputHelper output)
{
    private const int Holders = 1_000_000;

    [Fact]
    public void A_million_holders_who_have_all_used_theirs_take_at_most_64_MB_even_while_a_snapshot_is_written()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var coupon = Given(Created(total: null));
        for (var ticket = 1; ticket <= Holders; ticket++)
            coupon.Evolve(new CouponsIssued([new(UserOf(ticket), ticket, Noon)]));
        var issued = GC.GetTotalMemory(forceFullCollection: true) - before;

        for (var ticket = 1; ticket <= Holders; ticket++)
            coupon.Evolve(UsedBy(UserOf(ticket), ticket, Noon));
        var used = GC.GetTotalMemory(forceFullCollection: true) - before;

        var snapshot = coupon.TakeSnapshot();
        var withSnapshot = GC.GetTotalMemory(forceFullCollection: true) - before;

        output.WriteLine($"Live bytes of {Holders} holders: {issued} issued, {used} used, {withSnapshot} with a snapshot.");
        Assert.Equal(Holders, snapshot.Coupon.IssuedQuantity);
        Assert.Equal(Holders, coupon.IssuedQuantity);
        // No less than what was issued took; to the byte, the collector differs from one look to the next.
        Assert.InRange(withSnapshot, issued, 64_000_000);

        static long UserOf(int ticket) => ticket * 7_919L;
    }
}
