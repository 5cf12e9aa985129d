using Akka.Actor;
using Akka.Cluster;
using Akka.Remote;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.Tests.Entities;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Tests.Health;

/// <summary>Nodes that write one journal and are not, or no longer, of one cluster.</summary>
public sealed class TwoClustersTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public void Turns_lost_are_trouble_when_they_are_three_within_a_minute_and_only_then()
    {
        var time = new ManualTime();
        var status = new MySqlProjectionStatus(time);
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
    public async Task A_node_that_a_member_will_never_hear_again_ends_alone()
    {
        var seed = Ports.Free();
        await using var first = await RunningNode.StartAsync(_test.Database.ConnectionString, seed, seed);
        await using var second = await RunningNode.StartAsync(_test.Database.ConnectionString, Ports.Free(), seed);
        await using var third = await RunningNode.StartAsync(_test.Database.ConnectionString, Ports.Free(), seed);
        await Eventually.HoldsAsync(() => first.MembersUp == 3 && second.MembersUp == 3 && third.MembersUp == 3);

        var deaf = Cluster.Get(third.System).SelfUniqueAddress;
        ((IRemoteActorRefProvider)((ExtendedActorSystem)first.System).Provider).Quarantine(deaf.Address, deaf.Uid);

        Assert.NotEqual(0, await third.Exit.WaitAsync(Eventually.Deadline));
        Assert.True(third.Logged(LogLevel.Error, "has quarantined this process"), third.Log);
        // They agree that it is gone.
        await Eventually.HoldsAsync(() => first.Exit.IsCompleted || (first.MembersUp == 2 && second.MembersUp == 2));
        Assert.False(first.Exit.IsCompleted, first.Log);
        Assert.False(second.Exit.IsCompleted, second.Log);
    }
}
