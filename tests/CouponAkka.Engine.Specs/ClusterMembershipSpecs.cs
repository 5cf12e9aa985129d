using CouponAkka.Engine.Specs.Engines;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>Most or all of the nodes go, and come back in any order: who was not hit goes on, and there is one cluster.</summary>
[Collection(Faults.Name)]
public sealed class ClusterMembershipSpecs(ClusterMembershipSpecs.Cluster shared, ITestOutputHelper report)
    : FaultSpecs(shared.Engine, report), IClassFixture<ClusterMembershipSpecs.Cluster>
{
    [Fact]
    [Trait("Promise", "19")]
    public Task Two_of_three_nodes_are_killed_at_once_and_the_last_one_goes_on() => NobodyElseEndsAsync(
        "kill -9 of two of three nodes",
        hit: [.. Engine.Nodes.Take(2)],
        happens: () => OfEachAsync([.. Engine.Nodes.Take(2)], "kill"),
        repair: () => OfEachAsync([.. Engine.Nodes.Take(2)], "restart"));

    [Fact]
    [Trait("Promise", "19")]
    public Task All_nodes_are_killed_and_started_again_and_edges_go_on() => NobodyElseEndsAsync(
        "kill -9 of all nodes, and their restart",
        hit: Engine.Nodes,
        happens: async () =>
        {
            await OfEachAsync(Engine.Nodes, "kill");
            await OfEachAsync(Engine.Nodes, "restart");
        },
        repair: Nothing);

    [Fact]
    [Trait("Promise", "19")]
    public Task All_nodes_are_stopped_and_started_again_one_by_one_and_edges_go_on() => NobodyElseEndsAsync(
        "a stop of all nodes, and their start from the last to the first",
        hit: Engine.Nodes,
        happens: async () =>
        {
            await OfEachAsync(Engine.Nodes, "stop");
            foreach (var node in Engine.Nodes.Reverse())
                await Engine.CommandAsync("restart", node);
        },
        repair: Nothing);

    private async Task NobodyElseEndsAsync(string name, IReadOnlyList<string> hit, Func<Task> happens, Func<Task> repair)
    {
        var before = Engine.ProcessIds();
        await UnderLoadAsync(name, load => Task.FromResult(new Fault(load.Coupons, happens, repair)));

        var now = Engine.ProcessIds();
        Assert.All(before.Keys.Except(hit), other => Assert.Equal(before[other], now[other]));
        await using var database = await Engine.ConnectAsync();
        await Eventually.ReadAsync(
            "all nodes are of the current cluster",
            () => ReadAsync<long>(database, "SELECT COUNT(*) FROM cluster_member JOIN cluster_now USING (cluster_id) WHERE seen > UTC_TIMESTAMP(6) - INTERVAL 3 SECOND"),
            nodes => nodes == Engine.Nodes.Count);
    }

    private Task OfEachAsync(IReadOnlyList<string> nodes, string command) => Task.WhenAll(nodes.Select(node => Engine.CommandAsync(command, node)));

    public sealed class Cluster() : Watchful(new ClusterEngine());
}
