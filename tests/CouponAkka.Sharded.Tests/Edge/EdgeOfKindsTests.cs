using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace CouponAkka.Sharded.Tests.Edge;

/// <summary>An edge and nodes as their programs run them, that know a second kind of entity.</summary>
public sealed class EdgeOfKindsTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "3")]
    public async Task An_edge_asks_entities_of_every_kind_through_a_node_and_they_outlive_it()
    {
        await using var first = await StartAsync();
        await using var edge = await StartAsync("--Akka:Roles=edge");
        var entities = edge.Services.GetRequiredService<IEntities>();
        await Eventually.HoldsAsync(async () => await AskAsync(entities, new GetCount()) == CounterReply.Is(0), () => edge.Log);
        Assert.Equal(CounterReply.Is(1), await AskAsync(entities, new Count(1)));
        Assert.IsType<CouponStands>(await entities.AskAsync(7, new CreateCoupon(JournalEntries.Created().Policy)));
        // Over the wire each comes back as itself, whoever asks at once.
        var counted = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(entities, new Count(1))));
        Assert.Equal(Enumerable.Range(2, 20), counted.Select(reply => (int)reply.Count).Order());

        await using var second = await StartAsync();
        await first.DisposeAsync();

        await Eventually.HoldsAsync(async () => await AskAsync(entities, new GetCount()) == CounterReply.Is(21), () => edge.Log);
        Assert.IsType<StatusIs>(await entities.AskAsync(7, GetStatus.Instance));
        // The projection passes counters by, and brings coupons to the read model all the same.
        await Eventually.HoldsAsync(
            async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupons WHERE id = 7") == 1
                && await _test.ScalarAsync<long>("SELECT MAX(ordering) - (SELECT settled FROM projection_position) FROM journal") == 0,
            () => second.Log);
        Assert.Equal(1, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM projection_progress"));
    }

    [Fact]
    public async Task Without_nodes_an_edge_says_so_in_the_words_of_the_kind()
    {
        await using var edge = await StartAsync("--Akka:Roles=edge");

        Assert.Equal(CounterReply.Unavailable, await AskAsync(edge.Services.GetRequiredService<IEntities>(), new Count(1)));
    }

    private Task<RunningNode> StartAsync(params string[] settings) =>
        RunningNode.StartAsync(_test.Database.ConnectionString, CounterKind.WithCounters, settings);

    private static async Task<CounterReply> AskAsync(IEntities entities, CouponAkka.Domain.Command command) =>
        Assert.IsType<CounterReply>(await entities.AskAsync(CounterKind.Instance, 7, command));
}
