using System.Collections.Concurrent;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Database;

/// <summary>The database fails over to a replica, while a node issues.</summary>
public abstract class FailoverTests(string script)
{
    private const long CouponId = 100;

    private static readonly CouponPolicy Policy = new(
        "a coupon", null, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "8")]
    public async Task A_promoted_replica_that_lacks_what_was_acknowledged_is_noticed_and_tells_no_ticket_twice()
    {
        using var servers = await ReplicatedServers.StartAsync(script, semiSync: false);
        await using var address = new FloatingAddress(servers.Primary.Port);
        await using var node = await StartAsync(servers, address);
        for (var user = 1; user <= 3; user++)
            await IssueAsync(node, user);
        await Eventually.HoldsAsync(async () => await JournalEndAsync(servers.Replica) == await JournalEndAsync(servers.Primary));
        await servers.StopListeningAsync();
        for (var user = 4; user <= 7; user++)
            await IssueAsync(node, user);

        await servers.FailOverAsync();
        address.MoveTo(servers.Replica.Port);

        await Eventually.HoldsAsync(() => node.Logged(LogLevel.Critical, "The database is another server now"), () => node.Log);
        await Eventually.HoldsAsync(() => node.Logged(LogLevel.Critical, "acknowledged events of 1 coupons: coupon 100 after event"), () => node.Log);
        await Eventually.HoldsAsync(async () => (await node.HealthAsync("journal")).Status == HealthStatus.Degraded, () => node.Log);
        // It would be ticket 4, which another user was told.
        Assert.IsNotType<Issued>(await node.AskAsync(CouponId, new IssueCoupon(99)));
        // Others go on.
        await Eventually.HoldsAsync(async () => await node.AskAsync(CouponId + 1, new CreateCoupon(Policy)) is CouponStands, () => node.Log);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_promoted_replica_for_which_each_commit_waited_lacks_nothing()
    {
        using var servers = await ReplicatedServers.StartAsync(script, semiSync: true);
        await using var address = new FloatingAddress(servers.Primary.Port);
        await using var node = await StartAsync(servers, address);
        var acknowledged = new ConcurrentQueue<long>();
        using var stop = new CancellationTokenSource();
        var people = Task.Run(async () =>
        {
            for (var user = 1L; !stop.IsCancellationRequested; user++)
            {
                if (await node.AskAsync(CouponId, new IssueCoupon(user)) is Issued)
                    acknowledged.Enqueue(user);
            }
        });
        await Eventually.HoldsAsync(() => acknowledged.Count > 100);

        await servers.FailOverAsync();
        var before = acknowledged.Count;
        address.MoveTo(servers.Replica.Port);

        await Eventually.HoldsAsync(() => acknowledged.Count > before + 20, () => node.Log);
        await stop.CancelAsync();
        await people;
        foreach (var user in acknowledged)
        {
            CouponReply? found = null;
            await Eventually.HoldsAsync(async () => (found = await node.AskAsync(CouponId, new FindIssue(user))) is IssueFound or Refused);
            Assert.IsType<IssueFound>(found);
        }

        await Eventually.HoldsAsync(() => node.Logged(LogLevel.Warning, "holds all events that this node has seen durable"), () => node.Log);
    }

    [Fact]
    public async Task A_database_that_can_be_read_and_not_written_is_told_so_by_readiness_until_it_can()
    {
        using var server = DatabaseServer.Start(script);
        var database = new CouponDatabase($"{server.ConnectionString};Pooling=false;Database=coupons");
        await Migrations.MigrateAsync(database);
        var port = Ports.Free();
        // A user who may write a read-only server would not notice.
        await server.ExecuteAsync("CREATE USER node@'127.0.0.1' IDENTIFIED BY 'node'; GRANT ALL ON coupons.* TO node@'127.0.0.1'");
        await using var node = await RunningNode.StartAsync($"{database.ConnectionString};User ID=node;Password=node", port, port);
        await Eventually.HoldsAsync(async () => (await node.HealthAsync("journal")).Status == HealthStatus.Healthy, () => node.Log);

        await server.ExecuteAsync("SET GLOBAL read_only = ON");

        await Eventually.HoldsAsync(
            async () => await node.HealthAsync("journal") is { Status: HealthStatus.Unhealthy, Description: { } why }
                && why.Contains("read-only", StringComparison.Ordinal),
            () => node.Log);
        await server.ExecuteAsync("SET GLOBAL read_only = OFF");
        await Eventually.HoldsAsync(async () => (await node.HealthAsync("journal")).Status == HealthStatus.Healthy, () => node.Log);
        Assert.False(node.Exit.IsCompleted);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_server_that_may_lose_what_it_acknowledges_is_refused_unless_a_setting_says_that_it_may()
    {
        using var server = DatabaseServer.Start(script, "--sync-binlog=0");
        var database = new CouponDatabase($"{server.ConnectionString};Pooling=false;Database=coupons");
        await Migrations.MigrateAsync(database);

        Assert.Equal(1, await RunningNode.RunAsync(database.ConnectionString));

        var port = Ports.Free();
        await using var node = await RunningNode.StartAsync(database.ConnectionString, port, port, "--Database:RequireDurability=false");
        await Eventually.HoldsAsync(
            async () => await node.HealthAsync("durability") is { Status: HealthStatus.Degraded, Description: { } why }
                && why.Contains("sync_binlog is 0", StringComparison.Ordinal),
            () => node.Log);
        Assert.True(node.Logged(LogLevel.Warning, "sync_binlog is 0"), node.Log);
        await server.ExecuteAsync("SET GLOBAL sync_binlog = 1");
        await Eventually.HoldsAsync(async () => (await node.HealthAsync("durability")).Status == HealthStatus.Healthy, () => node.Log);
    }

    private static async Task<RunningNode> StartAsync(ReplicatedServers servers, FloatingAddress address)
    {
        await Migrations.MigrateAsync(new CouponDatabase($"{servers.Primary.ConnectionString};Database=coupons"));
        var port = Ports.Free();
        var connection = new MySqlConnectionStringBuilder(servers.Primary.ConnectionString) { Database = "coupons", Port = (uint)address.Port };
        var node = await RunningNode.StartAsync(connection.ConnectionString, port, port);
        await Eventually.HoldsAsync(async () => await node.AskAsync(CouponId, new CreateCoupon(Policy)) is CouponStands, () => node.Log);
        return node;
    }

    private static async Task IssueAsync(RunningNode node, long user) =>
        await Eventually.HoldsAsync(async () => await node.AskAsync(CouponId, new IssueCoupon(user)) is Issued or Refused { Issue: not null }, () => node.Log);

    private static Task<string?> JournalEndAsync(DatabaseServer server) =>
        server.QueryAsync($"SELECT MAX(sequence_number) FROM coupons.journal WHERE persistence_id = 'coupon-{CouponId}'");
}

public sealed class MariaDbFailoverTests() : FailoverTests("mariadb");

[Trait("Needs", "MySql")]
public sealed class MySqlFailoverTests() : FailoverTests("mysql");
