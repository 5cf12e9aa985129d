using System.Diagnostics;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What <c>kubectl scale statefulset</c> does, by <c>./cluster</c>: nodes come and go under load.</summary>
public sealed class ClusterScaleSpecs(ITestOutputHelper report)
    : EngineSpecs<ClusterEngine>(new ClusterEngine { FirstNodes = 1, FirstEdges = 1 }, report)
{
    // On several shards, so that some move whatever happens to one.
    private const int Coupons = 8;

    public override Task InitializeAsync() => Engine.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task From_one_node_to_three_to_two_to_one_under_load()
    {
        var loads = new List<SteadyLoad>();
        for (var i = 0; i < Coupons; i++)
        {
            var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd()) { Pace = SteadyLoad.Pace * Coupons };
            loads.Add(new SteadyLoad(crowd, () => Client));
        }

        await Task.WhenAll(loads.Select(load => load.BeginAsync()));

        await StepAsync("one more node", () => AddAsync("node-2"));
        await StepAsync("another", () => AddAsync("node-3"));
        await StepAsync("one less", () => Engine.CommandAsync("remove", "node-3"));
        await StepAsync("another less", () => Engine.CommandAsync("remove", "node-2"));

        foreach (var load in loads)
        {
            await load.EndAsync();
            // Nobody was answered worse than by a refusal that says when to come again: the client would not have taken it.
            Assert.All(load.History.Answers, answer => Assert.True(answer.Connected, $"{answer}"));
            await load.AuditAsync();
            await load.DisposeAsync();
        }

        // Its share of the coupons comes to it some seconds after it is ready.
        async Task AddAsync(string node)
        {
            await Engine.CommandAsync("add", "node");
            await Eventually.ReadAsync($"{node} has coupons", () => Engine.CouponsAwakeAsync(node), coupons => coupons > 0);
        }

        async Task StepAsync(string step, Func<Task> change)
        {
            var began = Stopwatch.GetTimestamp();
            await change();
            await Task.WhenAll(loads.Select(load => load.IssueMoreAsync(50)));
            var away = loads.ConvertAll(load => load.LongestWithoutAnswer(began).TotalSeconds);
            Report.WriteLine($"UNAVAILABLE with {step}: {away.Max():0.0} s at most, of {Coupons} coupons {away.Count(seconds => seconds > 0.5)} for more than 0.5 s");
        }
    }
}
