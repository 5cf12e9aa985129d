using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// What the cluster promises when a part of it dies under load and the rest goes on; says for how long nobody got an answer that decides.
/// </summary>
[Collection(Faults.Name)]
public sealed class ClusterFaultSpecs(ClusterFaultSpecs.Cluster shared, ITestOutputHelper report)
    : FaultSpecs(shared.Engine, report), IClassFixture<ClusterFaultSpecs.Cluster>
{
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskedAside = TimeSpan.FromSeconds(10);

    [Fact]
    [Trait("Promise", "3")]
    public Task Kill_9_of_the_node_that_holds_the_coupon() => UnderLoadAsync("kill -9 of the owner", async load =>
    {
        var owner = await Engine.OwnerAsync(load.First.CouponId);
        return new(await OwnedByAsync(load, owner), () => Engine.CommandAsync("kill", owner), () => Engine.CommandAsync("restart", owner));
    });

    [Fact]
    [Trait("Promise", "4")]
    public Task Kill_9_of_the_node_that_holds_the_coordinator_and_the_projection() => UnderLoadAsync("kill -9 of the oldest", async load =>
    {
        var oldest = await Engine.OldestAsync();
        return new(await OwnedByAsync(load, oldest), () => Engine.CommandAsync("kill", oldest), () => Engine.CommandAsync("restart", oldest));
    });

    [Fact]
    [Trait("Promise", "7")]
    public Task Kill_9_of_an_edge() => UnderLoadAsync("kill -9 of an edge, asking the other", load => Task.FromResult(new Fault(
        load.Coupons,
        async () =>
        {
            await Engine.CommandAsync("kill", Engine.Edges[0]);
            Engine.Reconnect([Engine.Edges[1]]);
        },
        async () =>
        {
            await Engine.CommandAsync("restart", Engine.Edges[0]);
            Engine.Reconnect(Engine.Edges);
        })));

    [Fact]
    [Trait("Promise", "7")]
    [Trait("Promise", "18")]
    public async Task An_edge_that_froze_leaves_nobody_without_an_answer_and_tells_nobody_what_is_not_true()
    {
        var edge = Engine.Edges[0];
        Engine.Reconnect([Engine.Edges[1]]);
        await UnderLoadAsync("a freeze of an edge, asking the other", load => Task.FromResult(new Fault(
            load.Coupons,
            async () =>
            {
                await Engine.CommandAsync("freeze", edge);
                await Task.Delay(Freeze);
                await Engine.CommandAsync("thaw", edge);
                using var faithful = new CouponClient(Engine.AddressOf(edge));
                ReportAnswers("the edge when it went on", await load.AskDirectlyAsync(faithful, AskedAside));
            },
            async () =>
            {
                await Engine.CommandAsync("restart", edge);
                Engine.Reconnect(Engine.Edges);
            })));
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "18")]
    public Task The_owner_freezes_for_30_seconds_and_goes_on_where_it_was() => UnderLoadAsync("a freeze of the owner", async load =>
    {
        var owner = await Engine.OwnerAsync(load.First.CouponId);
        return new(
            await OwnedByAsync(load, owner),
            async () =>
            {
                await Engine.CommandAsync("freeze", owner);
                await Task.Delay(Freeze);
                await Engine.CommandAsync("thaw", owner);
            },
            // The others have taken it for dead, so it ends by itself; whoever runs it starts it again.
            () => Engine.CommandAsync("restart", owner));
    });

    [Fact]
    [Trait("Promise", "3")]
    public Task Kill_9_of_the_database_and_its_restart() => UnderLoadAsync("kill -9 of the database", load => Task.FromResult(new Fault(
        load.Coupons,
        async () =>
        {
            await Engine.CommandAsync("kill", "db");
            await Engine.CommandAsync("restart", "db");
        },
        Nothing)));

    [Fact]
    [Trait("Promise", "3")]
    public Task A_rolling_restart_of_all_nodes() => UnderLoadAsync("a rolling restart", load => Task.FromResult(new Fault(
        load.Coupons,
        async () =>
        {
            foreach (var node in Engine.Nodes)
                await Engine.CommandAsync("restart", node);
        },
        Nothing)));

    public sealed class Cluster() : Watchful(new ClusterEngine());
}
