using System.Diagnostics;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// What the cluster promises when a part of it dies under load and the rest goes on. Each spec leaves the cluster whole, and says for how
/// long nobody got an answer that decides.
/// </summary>
[Trait(ClusterSpecs.Half, ClusterSpecs.Cluster)]
public sealed class ClusterFaultSpecs(SharedEngine<ClusterEngine> shared, ITestOutputHelper report)
    : SharedEngineSpecs<ClusterEngine>(shared, report)
{
    private const int Clients = 16;

    // About five hundred people a second: enough that there is always a write on its way, and few enough to ask each afterwards.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(30);

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
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd()) { Pace = Pace };
        using var enough = new CancellationTokenSource();
        var asking = AskUntilEnoughAsync();
        await IssuedAtLeastAsync(500);

        var broken = Stopwatch.GetTimestamp();
        var repair = await break_(crowd.CouponId);
        await IssuedAtLeastAsync(crowd.History.Count(Outcome.Issued) + 500);
        await enough.CancelAsync();
        await asking;
        ReportUnavailable(fault, crowd.History, broken);
        await repair();

        await crowd.AskAgainAsync(Client, Clients);
        await Audit.EverythingAgreesAsync(Client, crowd);

        // Who loses the edge goes on with those that are left.
        async Task AskUntilEnoughAsync()
        {
            while (!enough.IsCancellationRequested)
                await crowd.AskAsync(Client, Clients, heard: null, enough.Token);
        }

        Task IssuedAtLeastAsync(int count) => Eventually.ReadAsync(
            $"{count} are issued", () => Task.FromResult(crowd.History.Count(Outcome.Issued)), issued => issued >= count);
    }

    private void ReportUnavailable(string fault, History history, long broken)
    {
        var decided = history.Answers.Where(answer => answer.Settles).Select(answer => answer.Ended).Where(ended => ended >= broken).Order().Prepend(broken).ToList();
        var longest = decided.Zip(decided.Skip(1), Stopwatch.GetElapsedTime).Max();
        Report.WriteLine($"UNAVAILABLE after {fault}: {longest.TotalSeconds:0.0} s");
    }
}
