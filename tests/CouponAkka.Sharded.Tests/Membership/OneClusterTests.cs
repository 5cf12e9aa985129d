using CouponAkka.Sharded.Membership;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Tests.Membership;

/// <summary>Nodes that find each other by the database: one cluster, from any state.</summary>
public sealed class OneClusterTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "19")]
    public async Task Nodes_that_start_at_once_are_one_cluster()
    {
        await using var nodes = new Nodes(await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartAsync())));

        await nodes.AreOneClusterAsync();
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM cluster_member JOIN cluster_now USING (cluster_id)") == 4);
    }

    [Fact]
    [Trait("Promise", "19")]
    public async Task A_cluster_whose_rows_are_all_of_dead_processes_is_founded_anew()
    {
        await _test.ExecuteAsync(
            """
            UPDATE cluster_now SET cluster_id = 'before';
            INSERT INTO cluster_member (address, uid, roles, cluster_id, beat, seen)
            VALUES ('127.0.0.1:1', 1, 'coupon', 'before', 5, UTC_TIMESTAMP(6)), ('127.0.0.1:2', 1, 'coupon', 'before', 5, UTC_TIMESTAMP(6))
            """);

        await using var nodes = new Nodes(await Task.WhenAll(StartAsync(), StartAsync()));

        await nodes.AreOneClusterAsync();
        Assert.Equal(0, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM cluster_member WHERE cluster_id = 'before'"));
    }

    [Fact]
    [Trait("Promise", "19")]
    public async Task A_node_whose_cluster_is_not_the_current_one_ends_and_says_so()
    {
        await using var node = await StartAsync();
        await Eventually.HoldsAsync(() => node.MembersUp == 1, () => node.Log);

        await _test.ExecuteAsync("UPDATE cluster_now SET cluster_id = 'another'");

        Assert.Equal(NotCurrent.Instance.ExitCode, await node.Exit.WaitAsync(Eventually.Deadline));
        Assert.True(node.Logged(LogLevel.Critical, "The current cluster is another"), node.Log);
    }

    [Fact]
    [Trait("Promise", "19")]
    public async Task A_node_that_the_others_have_removed_ends_and_says_so()
    {
        await using var node = await StartAsync();
        await Eventually.HoldsAsync(() => node.MembersUp == 1, () => node.Log);

        await _test.ExecuteAsync("UPDATE cluster_member SET downed = TRUE");

        Assert.Equal(NotCurrent.Instance.ExitCode, await node.Exit.WaitAsync(Eventually.Deadline));
        Assert.True(node.Logged(LogLevel.Critical, "downed this one"), node.Log);
    }

    [Fact]
    [Trait("Promise", "19")]
    public async Task Of_two_clusters_on_one_database_the_younger_ends()
    {
        var (one, two) = (Ports.Free(), Ports.Free());
        await using var first = await RunningNode.StartAsync(_test.Database.ConnectionString, one, one);
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM cluster_member") == 1, () => first.Log);

        // Its seed is itself, so it founds a cluster of its own.
        await using var second = await RunningNode.StartAsync(_test.Database.ConnectionString, two, two);

        Assert.Equal(NotCurrent.Instance.ExitCode, await second.Exit.WaitAsync(Eventually.Deadline));
        Assert.False(first.Exit.IsCompleted, first.Log);
    }

    [Fact]
    [Trait("Promise", "19")]
    public async Task Nodes_that_came_by_seeds_and_one_that_came_by_the_database_are_one_cluster()
    {
        var seed = Ports.Free();
        var first = await RunningNode.StartAsync(_test.Database.ConnectionString, seed, seed);
        var second = await RunningNode.StartAsync(_test.Database.ConnectionString, Ports.Free(), seed);
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM cluster_member") == 2, () => first.Log + second.Log);

        await using var nodes = new Nodes([first, second, await StartAsync()]);

        await nodes.AreOneClusterAsync();
    }

    [Fact]
    public async Task Who_leaves_takes_its_row_along_so_that_the_next_need_not_wait()
    {
        await using (var node = await StartAsync())
            await Eventually.HoldsAsync(() => node.MembersUp == 1, () => node.Log);

        Assert.Equal(0, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM cluster_member"));
    }

    [Fact]
    public async Task Of_many_that_would_found_at_once_one_does()
    {
        var table = new MemberTable(_test.Database);
        var seen = await table.LookAsync();

        var won = await Task.WhenAll(Enumerable.Range(1, 8).Select(
            node => table.TryFoundAsync(new($"127.0.0.1:{node}", node, "coupon", $"cluster {node}", 0), seen)));

        Assert.Single(won, true);
    }

    [Fact]
    public async Task A_cluster_is_not_founded_beside_one_that_has_shown_life_since()
    {
        var table = new MemberTable(_test.Database);
        await table.TryFoundAsync(new("127.0.0.1:1", 1, "coupon", "first", 0), await table.LookAsync());
        var seen = await table.LookAsync();
        await table.BeatAsync(new("127.0.0.1:1", 1, "coupon", "first", 1));

        Assert.False(await table.TryFoundAsync(new("127.0.0.1:2", 2, "coupon", "second", 0), seen));
        Assert.True(await table.TryFoundAsync(new("127.0.0.1:2", 2, "coupon", "second", 0), await table.LookAsync()));
    }

    private Task<RunningNode> StartAsync() => RunningNode.StartAsync(_test.Database.ConnectionString, Ports.Free(), seedPort: null);

    private sealed class Nodes(IReadOnlyList<RunningNode> nodes) : IAsyncDisposable
    {
        public Task AreOneClusterAsync() => Eventually.HoldsAsync(
            () => nodes.All(node => node.MembersUp == nodes.Count),
            () => string.Join("\n\n", nodes.Select(node => node.Log)));

        public async ValueTask DisposeAsync() => await Task.WhenAll(nodes.Select(node => node.DisposeAsync().AsTask()));
    }
}
