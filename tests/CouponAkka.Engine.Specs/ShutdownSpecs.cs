using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an engine promises when it is asked to stop.</summary>
public abstract class ShutdownSpecs<TEngine>(ITestOutputHelper report) : OwnEngineSpecs<TEngine>(report)
    where TEngine : IEngine, new()
{
    [Fact]
    [Trait("Promise", "3")]
    public async Task SIGTERM_under_load_answers_what_was_begun_and_exits_0()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd());

        var exitCode = await AskAndEndAsync(crowd, Client, Many, _ => crowd.History.Count(Outcome.Issued) >= 500, Engine.StopAsync);
        Assert.Equal(0, exitCode);
        await Engine.StartAsync();

        // Nothing was decided that nobody was told of, not even for those whose connection was closed under them.
        Assert.Equal(crowd.History.Count(Outcome.Issued), (await Client.StatusAsync(crowd.CouponId)).IssuedQuantity);
        await crowd.AskAgainAsync(Client, Many);
        await Audit.EverythingAgreesAsync(Client, crowd);
    }
}
