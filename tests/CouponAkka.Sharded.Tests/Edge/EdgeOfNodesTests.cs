using Akka.Cluster;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Tests.Edge;

/// <summary>An edge as its program runs it: it finds the nodes by the database, and is no member of their cluster.</summary>
public sealed class EdgeOfNodesTests : IAsyncLifetime
{
    private static readonly CouponPolicy Policy = new(
        "a coupon", null, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "19")]
    public async Task An_edge_is_no_member_and_goes_on_when_a_node_leaves_and_when_all_are_others()
    {
        await using var first = await StartAsync();
        await using var edge = await StartAsync("--Akka:Roles=edge");
        await UntilNodesAnswerAsync(edge, 1);
        Assert.IsType<CouponStands>(await AskAsync(edge, new CreateCoupon(Policy)));
        Assert.IsType<Issued>(await AskAsync(edge, new IssueCoupon(1)));
        Assert.Equal(1, first.MembersUp);

        await using var second = await StartAsync();
        await UntilNodesAnswerAsync(edge, 2);
        await first.DisposeAsync();

        await Eventually.HoldsAsync(async () => await AskAsync(edge, new FindIssue(1)) is IssueFound, () => edge.Log);
        Assert.IsType<Issued>(await AskAsync(edge, new IssueCoupon(2)));
        Assert.False(edge.Exit.IsCompleted);
    }

    [Fact]
    public async Task Without_nodes_an_edge_says_so_and_that_nothing_was_decided()
    {
        await using var edge = await StartAsync("--Akka:Roles=edge");

        Assert.Equal(HealthStatus.Unhealthy, (await edge.HealthAsync("cluster")).Status);
        Assert.Equal(CouponReply.Unavailable, await AskAsync(edge, new IssueCoupon(1)));
        Assert.Null(await edge.Services.GetRequiredService<IClusterView>().DescribeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_edge_tells_of_the_cluster_what_a_node_sees()
    {
        await using var node = await StartAsync();
        await using var edge = await StartAsync("--Akka:Roles=edge");
        await UntilNodesAnswerAsync(edge, 1);
        Assert.IsType<CouponStands>(await AskAsync(edge, new CreateCoupon(Policy)));

        var view = edge.Services.GetRequiredService<IClusterView>();
        var self = $"127.0.0.1:{Cluster.Get(node.System).SelfAddress.Port}";
        Assert.Contains($"\"address\":\"{self}\"", await view.DescribeAsync(CancellationToken.None), StringComparison.Ordinal);
        Assert.Contains($"\"address\":\"{self}\"", await view.LocateAsync(1, CancellationToken.None), StringComparison.Ordinal);
    }

    private Task<RunningNode> StartAsync(params string[] settings) => RunningNode.StartAsync(_test.Database.ConnectionString, RunningNode.FreePort(), seedPort: null, settings);

    private static Task<Reply> AskAsync(RunningNode edge, CouponCommand command) => edge.Services.GetRequiredService<IEntities>().AskAsync(1, command).AsTask();

    private static Task UntilNodesAnswerAsync(RunningNode edge, int nodes) => Eventually.HoldsAsync(
        async () => (await edge.HealthAsync("cluster")).Description!.StartsWith($"{nodes} of {nodes} ", StringComparison.Ordinal), () => edge.Log);
}
