using System.Diagnostics;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Tests.Support;
using MySqlConnector;
using Xunit.Abstractions;

namespace CouponAkka.Sharded.Tests.Health;

/// <summary>Three nodes, of which one loses its way to the database.</summary>
public sealed class NodeWithoutDatabaseTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Coupons = 24;

    private static readonly CouponPolicy Policy = new(
        "a coupon", null, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "10")]
    [Trait("Promise", "19")]
    public async Task A_node_that_alone_has_lost_the_database_ends_and_its_coupons_are_served_elsewhere()
    {
        var server = new MySqlConnectionStringBuilder(_test.Database.ConnectionString);
        var line = new CuttingProxy((int)server.Port);
        var seed = Ports.Free();
        await using var first = await RunningNode.StartAsync(_test.Database.ConnectionString, seed, seed);
        await using var second = await RunningNode.StartAsync(_test.Database.ConnectionString, Ports.Free(), seed);
        server.Port = (uint)line.Port;
        await using var third = await RunningNode.StartAsync(server.ConnectionString, Ports.Free(), seed);
        RunningNode[] nodes = [first, second, third];
        await Eventually.HoldsAsync(() => nodes.All(node => node.MembersUp == 3));
        await Eventually.HoldsAsync(
            async () => (await Task.WhenAll(nodes.Select(node => node.HealthAsync("journal")))).All(health => health.Description is null));
        for (var couponId = 1L; couponId <= Coupons; couponId++)
            await Eventually.HoldsAsync(async () => await first.AskAsync(couponId, new CreateCoupon(Policy)) is CouponStands);
        var moved = await third.AwakeAsync();
        Assert.NotEmpty(moved);

        var lost = Stopwatch.StartNew();
        await line.DisposeAsync();

        await Task.WhenAll(moved.Select(couponId => Eventually.HoldsAsync(
            async () => await first.AskAsync(couponId, new IssueCoupon(1)) is Issued or Refused { Issue: not null })));
        output.WriteLine($"{moved.Count} coupons were served again {lost.Elapsed.TotalSeconds:0.0} s after their node had lost the database.");
        Assert.NotEqual(0, await third.Exit);
        Assert.True(third.Logged(Microsoft.Extensions.Logging.LogLevel.Critical, "This node alone can't write the journal"), third.Log);
        Assert.False(first.Exit.IsCompleted || second.Exit.IsCompleted);
    }
}
