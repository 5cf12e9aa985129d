using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What several edges that answer for the same coupons tell together.</summary>
public sealed class ClusterEdgeSpecs(SharedEngine<ClusterEngine> shared, ITestOutputHelper report) : SharedEngineSpecs<ClusterEngine>(shared, report)
{
    private const int Coupons = 16;
    private const int Units = 4;
    private const long Stranger = Units + 1;

    // A coupon allows no copies for a second after a use.
    private static readonly TimeSpan UntilRefusedFromCopy = TimeSpan.FromSeconds(2);

    [Fact]
    [Trait("Promise", "18")]
    public async Task Once_a_use_is_answered_by_one_edge_no_other_tells_that_the_unit_is_unused()
    {
        using var one = new CouponClient(Engine.AddressOf(Engine.Edges[0]));
        using var other = new CouponClient(Engine.AddressOf(Engine.Edges[1]));
        var created = Policy.Open(Units);
        var coupons = new List<CouponUnderLoad>();
        for (var i = 0; i < Coupons; i++)
            coupons.Add(new(await CreateCouponAsync(created), CouponKind.SellsOut, created, i));

        await Task.WhenAll(coupons.Select(AskAsync));

        Assert.All(coupons, coupon => coupon.AssertLinearizable());

        async Task AskAsync(CouponUnderLoad coupon)
        {
            for (var user = 1; user <= Units; user++)
                Assert.IsType<Told.Issued>((await coupon.AskAsync(one, new Question.Issue(user))).Told);
            for (var user = 1; user <= Units; user++)
            {
                var until = DateTimeOffset.UtcNow + UntilRefusedFromCopy;
                while (DateTimeOffset.UtcNow < until)
                {
                    Assert.IsType<Told.SoldOut>((await coupon.AskAsync(other, new Question.Issue(Stranger))).Told);
                    await Task.Delay(TimeSpan.FromMilliseconds(50));
                }

                Assert.IsType<Told.Used>((await coupon.AskAsync(one, new Question.Use(user))).Told);
                Assert.IsType<Told.Held>((await coupon.AskAsync(other, new Question.Issue(user))).Told);
            }
        }
    }
}
