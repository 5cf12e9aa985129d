using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an engine promises about a read model that is thrown away.</summary>
public abstract class ReadModelSpecs<TEngine>(ITestOutputHelper report) : OwnEngineSpecs<TEngine>(report)
    where TEngine : IEngine, new()
{
    [Fact]
    [Trait("Promise", "11")]
    public async Task The_read_model_thrown_away_and_rebuilt_is_the_same_byte_for_byte()
    {
        var crowds = new List<Crowd>();
        foreach (var total in new long?[] { null, 300, 0 })
            crowds.Add(new Crowd(await CreateCouponAsync(total), Users(500)));
        await Task.WhenAll(crowds.Select(crowd => crowd.AskAsync(Client, atOnce: 16)));
        var holders = crowds[1].History.Told().Keys.Order().Take(50).ToList();
        await Audit.InParallelAsync(holders, user => Client.UseAsync(crowds[1].CouponId, user));
        // The last event of each coupon, so that it is all projected when this is.
        foreach (var crowd in crowds)
            await Client.ChangeAsync(crowd.CouponId, new { title = "the last event" });
        foreach (var crowd in crowds)
        {
            await Eventually.ReadAsync(
                $"all of coupon {crowd.CouponId} is projected", () => Client.FindCouponAsync(crowd.CouponId), coupon => coupon?.Title == "the last event");
        }

        var before = await ReadAllPagesAsync();
        Assert.All(before, page => Assert.Contains(": OK {", page, StringComparison.Ordinal));
        Assert.Contains(before, page => page.Contains("\"dateUsed\":\"", StringComparison.Ordinal));
        Assert.Equal(0, await Engine.StopAsync());
        Engine.DiscardReadModel();
        await Engine.StartAsync();

        await Eventually.ReadAsync("no page differs from what it was", FirstDifferenceAsync, difference => difference is null);

        async Task<string?> FirstDifferenceAsync()
        {
            var after = await ReadAllPagesAsync();
            return after.Except(before).Concat(before.Except(after)).FirstOrDefault();
        }

        async Task<IReadOnlyList<string>> ReadAllPagesAsync()
        {
            var pages = new List<string>(await Client.ReadPagesAsync("/coupons?limit=2"));
            foreach (var crowd in crowds)
                pages.AddRange(await Client.ReadPagesAsync($"/coupons/{crowd.CouponId}/issues?limit=100"));
            foreach (var user in Users(100))
                pages.AddRange(await Client.ReadPagesAsync($"/users/{user}/coupons?limit=1"));
            return pages;
        }
    }
}
