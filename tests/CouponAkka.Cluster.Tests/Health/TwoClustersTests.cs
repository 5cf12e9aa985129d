using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using CouponAkka.Cluster.Projection;
using CouponAkka.Cluster.Tests.Coupons;
using CouponAkka.Cluster.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Cluster.Tests.Health;

/// <summary>Nodes that write one journal and are not, or no longer, of one cluster.</summary>
public sealed class TwoClustersTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "18")]
    public async Task Promise_18_two_clusters_on_one_database_are_told_by_readiness_of_each_which_names_both()
    {
        var (one, two) = (RunningNode.FreePort(), RunningNode.FreePort());
        await using var first = await RunningNode.StartAsync(_test.Database.ConnectionString, one, one);
        await using var second = await RunningNode.StartAsync(_test.Database.ConnectionString, two, two);

        foreach (var node in (RunningNode[])[first, second])
        {
            await Eventually.HoldsAsync(
                async () => await node.HealthAsync("one cluster") is { Status: HealthStatus.Degraded, Description: { } both }
                    && both.Contains($"127.0.0.1:{one}", StringComparison.Ordinal) && both.Contains($"127.0.0.1:{two}", StringComparison.Ordinal),
                () => node.Log);
            Assert.True(node.Logged(LogLevel.Critical, "Two clusters use this database"), node.Log);
            await Eventually.HoldsAsync(
                async () => await node.HealthAsync("projection") is { Status: HealthStatus.Degraded, Description: { } why } && why.Contains("two clusters", StringComparison.Ordinal),
                () => node.Log);
        }
    }

    [Fact]
    public async Task Nodes_of_one_cluster_are_one_cluster()
    {
        var seed = RunningNode.FreePort();
        await using var first = await RunningNode.StartAsync(_test.Database.ConnectionString, seed, seed);
        await using var second = await RunningNode.StartAsync(_test.Database.ConnectionString, RunningNode.FreePort(), seed);
        await Eventually.HoldsAsync(() => first.MembersUp == 2 && second.MembersUp == 2);
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM journal_watch WHERE member") == 2);

        Assert.Equal(HealthStatus.Healthy, (await first.HealthAsync("one cluster")).Status);
        Assert.Equal(HealthStatus.Healthy, (await second.HealthAsync("one cluster")).Status);
    }

    [Fact]
    public void Turns_lost_are_trouble_when_they_are_three_within_a_minute_and_only_then()
    {
        var time = new ManualTime();
        var status = new ProjectionStatus(time);
        Assert.False(status.TurnLost());
        Assert.False(status.TurnLost());
        time.Pass(TimeSpan.FromSeconds(61));
        Assert.False(status.TurnLost());
        Assert.False(status.TurnLost());
        Assert.Null(status.Trouble);

        Assert.True(status.TurnLost());
        Assert.Contains("two clusters", status.Trouble, StringComparison.Ordinal);
        Assert.False(status.TurnLost());

        time.Pass(TimeSpan.FromSeconds(61));
        Assert.Null(status.Trouble);
    }

    [Fact]
    [Trait("Promise", "19")]
    public async Task Promise_19_a_node_that_a_member_will_never_hear_again_ends_alone()
    {
        var seed = RunningNode.FreePort();
        await using var first = await RunningNode.StartAsync(_test.Database.ConnectionString, seed, seed);
        await using var second = await RunningNode.StartAsync(_test.Database.ConnectionString, RunningNode.FreePort(), seed);
        await using var third = await RunningNode.StartAsync(_test.Database.ConnectionString, RunningNode.FreePort(), seed);
        await Eventually.HoldsAsync(() => first.MembersUp == 3 && second.MembersUp == 3 && third.MembersUp == 3);

        var deaf = Akka.Cluster.Cluster.Get(third.System).SelfUniqueAddress;
        ((IRemoteActorRefProvider)((ExtendedActorSystem)first.System).Provider).Quarantine(deaf.Address, deaf.Uid);

        Assert.NotEqual(0, await third.Exit.WaitAsync(Eventually.Deadline));
        Assert.True(third.Logged(LogLevel.Error, "takes this process for dead"), third.Log);
        // They agree that it is gone.
        await Eventually.HoldsAsync(() => first.Exit.IsCompleted || (first.MembersUp == 2 && second.MembersUp == 2));
        Assert.False(first.Exit.IsCompleted, first.Log);
        Assert.False(second.Exit.IsCompleted, second.Log);
    }
}
