using Akka.Actor;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Reacting;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Reacting;

/// <summary>Nodes as their program runs them, that are no edges: one of them delivers.</summary>
public sealed class MovingReactionsTests : IAsyncLifetime
{
    private const long Vendor = 3;

    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "4")]
    public async Task Reactions_move_to_another_node_with_their_place_and_lists_show_what_came_of_them()
    {
        await using var first = await StartAsync(CounterKind.WithCounters);
        await using var edge = await StartAsync(CounterKind.WithCounters, "--Akka:Roles=edge");
        await UseAsync(couponId: 7, uses: 5);
        await ShownAsync(edge, first, 5);
        Assert.True(first.Services.GetRequiredService<NodeReactions>().AreHere);
        Assert.Equal(HealthStatus.Healthy, (await first.HealthAsync("reactions")).Status);
        await using var second = await StartAsync(CounterKind.WithCounters);
        Assert.False(second.Services.GetRequiredService<NodeReactions>().AreHere);
        await UseAsync(couponId: 8, uses: 20);

        await first.DisposeAsync();

        await UseAsync(couponId: 9, uses: 5);
        await ShownAsync(edge, second, 30);
        Assert.True(second.Services.GetRequiredService<NodeReactions>().AreHere);
        Assert.False(first.Logged(LogLevel.Error, "Reactions are not delivered"), first.Log);
        // A source that can't be read: degraded, for everything else goes on.
        await _test.TamperAsync(
            "INSERT INTO journal (persistence_id, sequence_number, created, message, identifier, manifest) VALUES ('coupon-10', 1, 0, x'FF', 811, 'cu')");
        await Eventually.HoldsAsync(async () => (await second.HealthAsync("reactions")).Status == HealthStatus.Degraded, () => second.Log);
        Assert.Contains("coupon 10", (await second.HealthAsync("reactions")).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_kind_reacts_nothing_runs()
    {
        await using var node = await StartAsync(new EntityKinds(CouponKind.Instance));

        await Assert.ThrowsAsync<ActorNotFoundException>(() => node.System.ActorSelection("/user/reactions").ResolveOne(TimeSpan.FromSeconds(5)));
        await Assert.ThrowsAsync<ActorNotFoundException>(() => node.System.ActorSelection("/user/gateway").ResolveOne(TimeSpan.FromSeconds(5)));
        Assert.NotNull(await node.System.ActorSelection("/user/projection").ResolveOne(TimeSpan.FromSeconds(5)));
        Assert.Equal(HealthStatus.Healthy, (await node.HealthAsync("reactions")).Status);
        Assert.Equal(["0|0"], await _test.RowsAsync("SELECT ordering, epoch FROM reaction_position"));
    }

    private Task<RunningNode> StartAsync(EntityKinds kinds, params string[] settings) =>
        RunningNode.StartAsync(_test.Database.ConnectionString, kinds, settings);

    private Task UseAsync(long couponId, int uses) => _test.Database.AppendAsync(
        couponId,
        1,
        [Created(), Issued(1, [.. Enumerable.Range(100, uses).Select(user => (long)user)]), .. Enumerable.Range(0, uses).Select(i => Used(100 + i, i + 1))]);

    private static async Task ShownAsync(RunningNode edge, RunningNode node, long uses)
    {
        var lists = edge.Services.GetRequiredService<IEntityLists>();
        IReadOnlyList<string> shown = [];
        await Eventually.HoldsAsync(
            async () => (shown = await lists.ListAsync(CounterKind.Instance, Vendor - 1, 1, default)).SequenceEqual([CounterView.Json(uses, uses)]),
            () => $"{string.Join(", ", shown)}\n{node.Log}");
        // While nodes change, the counter may be away for a moment.
        await Eventually.HoldsAsync(
            async () => CounterReply.Is(uses).Equals(
                await edge.Services.GetRequiredService<IEntities>().AskAsync(CounterKind.Instance, Vendor, new GetCount())),
            () => node.Log);
    }
}
