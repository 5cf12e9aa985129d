using System.Diagnostics;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// What the cluster promises when a part of it dies under load and the rest goes on. Each spec leaves the cluster whole, and says for how
/// long nobody got an answer that decides.
/// </summary>
public sealed class ClusterFaultSpecs(ClusterFaultSpecs.WatchfulCluster shared, ITestOutputHelper report)
    : EngineSpecs<ClusterEngine>(shared.Engine, report), IClassFixture<ClusterFaultSpecs.WatchfulCluster>
{
    public override Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    [Trait("Promise", "3")]
    public Task Promise_3_kill_9_of_the_node_that_holds_the_coupon() => UnderLoadAsync("kill -9 of the owner", async coupon =>
    {
        var owner = await Engine.OwnerAsync(coupon);
        await Engine.CommandAsync("kill", owner);
        return () => Engine.CommandAsync("restart", owner);
    });

    [Fact]
    [Trait("Promise", "4")]
    public Task Promise_4_kill_9_of_the_node_that_holds_the_coordinator_and_the_projection() => UnderLoadAsync("kill -9 of the oldest", async _ =>
    {
        var oldest = await Engine.OldestAsync();
        await Engine.CommandAsync("kill", oldest);
        return () => Engine.CommandAsync("restart", oldest);
    });

    [Fact]
    [Trait("Promise", "7")]
    public Task Promise_7_kill_9_of_an_edge() => UnderLoadAsync("kill -9 of an edge, asking the other", async _ =>
    {
        await Engine.CommandAsync("kill", Engine.Edges[0]);
        Engine.Reconnect([Engine.Edges[1]]);
        return async () =>
        {
            await Engine.CommandAsync("restart", Engine.Edges[0]);
            Engine.Reconnect(Engine.Edges);
        };
    });

    [Fact]
    [Trait("Promise", "7")]
    public async Task Promise_7_an_edge_that_was_taken_for_dead_leaves_nobody_without_an_answer()
    {
        var edge = Engine.Edges[0];
        Engine.Reconnect([Engine.Edges[1]]);
        await UnderLoadAsync("a freeze of an edge, asking the other", async _ =>
        {
            await Engine.CommandAsync("freeze", edge);
            await Task.Delay(TimeSpan.FromSeconds(30));
            await Engine.CommandAsync("thaw", edge);
            using var faithful = new CouponClient(Engine.AddressOf(edge));
            var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd()) { Pace = SteadyLoad.Pace };
            // Until it has ended. The client would throw if it kept silent.
            await crowd.AskAsync(faithful, Many);
            Report.WriteLine($"ANSWERS of the edge until it ended: {crowd.History.Count(Outcome.Issued)} issued, {crowd.History.Count(Outcome.Unknown)} unknown, {crowd.History.Count(Outcome.NotDecided)} not decided");
            return async () =>
            {
                await Engine.CommandAsync("restart", edge);
                Engine.Reconnect(Engine.Edges);
                await crowd.AskAgainAsync(Client, Many);
                await Audit.EverythingAgreesAsync(Client, crowd);
            };
        });
    }

    [Fact]
    [Trait("Promise", "3")]
    public Task Promise_3_the_owner_freezes_for_30_seconds_and_goes_on_where_it_was() => UnderLoadAsync("a freeze of the owner", async coupon =>
    {
        var owner = await Engine.OwnerAsync(coupon);
        await Engine.CommandAsync("freeze", owner);
        await Task.Delay(TimeSpan.FromSeconds(30));
        await Engine.CommandAsync("thaw", owner);
        // The others have taken it for dead, so it ends by itself; whoever runs it starts it again.
        return () => Engine.CommandAsync("restart", owner);
    });

    [Fact]
    [Trait("Promise", "3")]
    public Task Promise_3_kill_9_of_the_database_and_its_restart() => UnderLoadAsync("kill -9 of the database", async _ =>
    {
        await Engine.CommandAsync("kill", "db");
        await Engine.CommandAsync("restart", "db");
        return () => Task.CompletedTask;
    });

    [Fact]
    [Trait("Promise", "3")]
    public Task Promise_3_a_rolling_restart_of_all_nodes() => UnderLoadAsync("a rolling restart", async _ =>
    {
        foreach (var node in Engine.Nodes)
            await Engine.CommandAsync("restart", node);
        return () => Task.CompletedTask;
    });

    private async Task UnderLoadAsync(string fault, Func<long, Task<Func<Task>>> break_)
    {
        var coupon = await CreateCouponAsync(Unlimited);
        await using var load = new SteadyLoad(new Crowd(coupon, UsersWithoutEnd()) { Pace = SteadyLoad.Pace }, () => Client);
        await load.BeginAsync();

        var broken = Stopwatch.GetTimestamp();
        var repair = await break_(coupon);
        await load.IssueMoreAsync(500);
        await load.EndAsync();
        Report.WriteLine($"UNAVAILABLE after {fault}: {load.LongestWithoutAnswer(broken).TotalSeconds:0.0} s");
        await repair();

        await load.AuditAsync();
    }

    /// <summary>It takes for dead who is silent, as soon as it does by default.</summary>
    public sealed class WatchfulCluster : IAsyncLifetime
    {
        public ClusterEngine Engine { get; } = new();

        public Task InitializeAsync()
        {
            Engine.Environment.Clear();
            return Engine.StartAsync();
        }

        public async Task DisposeAsync() => await Engine.DisposeAsync();
    }
}
