using System.Diagnostics;
using System.Globalization;
using CouponAkka.Engine.Specs.Engines;
using MySqlConnector;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What people notice of a database that breaks in the ways in which databases do.</summary>
[Collection(Faults.Name)]
public sealed class DatabaseFaultSpecs(DatabaseFaultSpecs.Cluster shared, ITestOutputHelper report)
    : FaultSpecs(shared.Engine, report), IClassFixture<DatabaseFaultSpecs.Cluster>
{
    private string OnlyProcess => Engine.Nodes[0];

    [Fact]
    [Trait("Promise", "3")]
    public async Task Connections_that_fall_silent_hold_nobody_up_for_longer_than_a_write_may_take()
    {
        var impact = await UnderLoadAsync("silent connections", load => Task.FromResult(new Fault(
            load.Coupons,
            () =>
            {
                Report.WriteLine($"SILENCED {Engine.LineOf(OnlyProcess).Silence()} connections");
                return Task.CompletedTask;
            },
            Nothing)));
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, WriteTimeout + Margin);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task Connections_that_are_killed_at_random_for_10_seconds()
    {
        var impact = await UnderLoadAsync("KILL CONNECTION at random", load => Task.FromResult(new Fault(
            load.Coupons,
            async () =>
            {
                await using var killer = await Engine.ConnectAsync();
                var began = Stopwatch.StartNew();
                var killed = 0;
                while (began.Elapsed < TimeSpan.FromSeconds(10))
                {
                    killed += await KillAsync(killer, "ORDER BY RAND() LIMIT 1");
                    await Task.Delay(TimeSpan.FromMilliseconds(100));
                }

                Report.WriteLine($"KILLED {killed} connections");
            },
            Nothing)));
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, WriteTimeout + Margin);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_server_that_takes_no_writes_for_5_seconds()
    {
        var readOnly = TimeSpan.FromSeconds(5);
        var impact = await UnderLoadAsync("a read-only server", load => Task.FromResult(new Fault(
            load.Coupons,
            async () =>
            {
                // Who may do everything may write to a read-only server too, and keeps that until the connection ends.
                await AsRootAsync("REVOKE READ ONLY ADMIN ON *.* FROM coupons@'127.0.0.1'; SET GLOBAL read_only = ON");
                try
                {
                    await using (var killer = await Engine.ConnectAsync())
                        await KillAsync(killer, "");
                    await Task.Delay(readOnly);
                }
                finally
                {
                    await AsRootAsync("SET GLOBAL read_only = OFF; GRANT READ ONLY ADMIN ON *.* TO coupons@'127.0.0.1'");
                }
            },
            Nothing)));
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, readOnly + (3 * Margin));
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Length", "long")]
    public async Task A_server_that_takes_no_statement_over_a_kilobyte_for_5_seconds()
    {
        var small = TimeSpan.FromSeconds(5);
        var impact = await UnderLoadAsync("a small max_allowed_packet", load => Task.FromResult(new Fault(
            load.Coupons,
            async () =>
            {
                await using var killer = await Engine.ConnectAsync();
                var before = await ReadAsync<long>(killer, "SELECT @@GLOBAL.max_allowed_packet");
                // A connection keeps what it began with.
                await AsRootAsync("SET GLOBAL max_allowed_packet = 1024");
                await KillAsync(killer, "");
                try
                {
                    await Task.Delay(small);
                }
                finally
                {
                    await AsRootAsync($"SET GLOBAL max_allowed_packet = {before}");
                    await KillAsync(killer, "");
                }
            },
            Nothing)));
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, small + (3 * Margin));
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Length", "long")]
    public async Task A_table_that_somebody_holds_locked_for_3_seconds()
    {
        var locked = TimeSpan.FromSeconds(3);
        var impact = await UnderLoadAsync("a locked table", load => Task.FromResult(new Fault(
            load.Coupons,
            async () =>
            {
                await using var stranger = await Engine.ConnectAsync();
                await ExecuteAsync(stranger, "LOCK TABLES journal WRITE");
                await Task.Delay(locked);
                await ExecuteAsync(stranger, "UNLOCK TABLES");
            },
            Nothing)));
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, locked + Margin);
    }

    [Fact]
    [Trait("Promise", "10")]
    [Trait("Length", "long")]
    public async Task Deadlocks_with_two_coupons_stop_no_other()
    {
        AssertOthersNoticeNothing(await UnderLoadAsync("deadlocks", load => Task.FromResult(new Fault(
            [load.Coupons[0], load.Coupons[1]],
            async () =>
            {
                await using var stranger = await Engine.ConnectAsync();
                await ExecuteAsync(stranger, "SET SESSION foreign_key_checks = 0, innodb_lock_wait_timeout = 1");
                var began = Stopwatch.StartNew();
                var before = await DeadlocksAsync(stranger);
                for (var round = 0; began.Elapsed < TimeSpan.FromSeconds(8); round++)
                {
                    try
                    {
                        await ExecuteAsync(stranger, "START TRANSACTION");
                        await ExecuteAsync(stranger, Ahead(load.Coupons[round % 2].CouponId));
                        await Task.Delay(TimeSpan.FromMilliseconds(150));
                        await ExecuteAsync(stranger, Ahead(load.Coupons[1 - (round % 2)].CouponId));
                    }
                    catch (MySqlException locked) when (locked.ErrorCode
                        is MySqlErrorCode.LockDeadlock or MySqlErrorCode.LockWaitTimeout or MySqlErrorCode.DuplicateKeyEntry)
                    {
                        // Either of the two has lost.
                    }

                    await ExecuteAsync(stranger, "ROLLBACK");
                    await Task.Delay(TimeSpan.FromMilliseconds(50));
                }

                Report.WriteLine($"DEADLOCKS {await DeadlocksAsync(stranger) - before}");
            },
            Nothing))));

        static string Ahead(long couponId) =>
            $"""
            INSERT INTO journal (persistence_id, sequence_number, created, message)
            SELECT 'coupon-{couponId}', MAX(sequence_number) + 1, 0, '' FROM journal WHERE persistence_id = 'coupon-{couponId}'
            """;

        static Task<long> DeadlocksAsync(MySqlConnection connection) => ReadAsync<long>(
            connection, "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'innodb_deadlocks'");
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Length", "long")]
    [Trait("Needs", "Strace")]
    public async Task A_disk_that_takes_half_a_second_for_each_fsync()
    {
        var impact = await UnderLoadAsync("a slow fsync", load => Task.FromResult(new Fault(
            load.Coupons,
            async () =>
            {
                using var strace = await InjectAsync("delay_enter=500000");
                await Task.Delay(TimeSpan.FromSeconds(10));
                await DetachAsync(strace);
            },
            Nothing)));
        Assert.InRange(impact.HitSilence, TimeSpan.Zero, WriteTimeout + Margin);
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Length", "long")]
    [Trait("Needs", "Strace")]
    public Task A_disk_whose_fsync_fails_until_the_server_is_started_again() => UnderLoadAsync("a failing fsync", load => Task.FromResult(new Fault(
        load.Coupons,
        async () =>
        {
            using var strace = await InjectAsync("error=EIO:when=20+");
            // A server that went on would have acknowledged what may not be on the disk.
            await strace.WaitForExitAsync().WaitAsync(Eventually.Deadline);
            await Engine.CommandAsync("restart", "db");
        },
        Nothing)));

    private async Task<Process> InjectAsync(string what)
    {
        string[] arguments =
        [
            "-f", "-qq", "-o", "/dev/null", "-p", $"{Engine.DatabaseProcessId}", "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:{what}",
        ];
        var strace = Process.Start(new ProcessStartInfo("strace", arguments))!;
        await Eventually.ReadAsync(
            "strace is there",
            () => File.ReadAllTextAsync($"/proc/{Engine.DatabaseProcessId}/status"),
            status => !status.Contains("TracerPid:\t0", StringComparison.Ordinal));
        return strace;
    }

    private static async Task DetachAsync(Process strace)
    {
        (await RunningProcess.RunAsync("kill", "-INT", strace.Id.ToString(CultureInfo.InvariantCulture))).Succeeded();
        await strace.WaitForExitAsync();
    }

    // Whoever installed the server is its root, by the socket.
    private async Task AsRootAsync(string sql) => (await RunningProcess.RunAsync(
        "mariadb", "--no-defaults", $"--socket={Engine.DatabaseSocket}", $"--user={Environment.UserName}", $"--execute={sql}")).Succeeded();

    private static async Task<int> KillAsync(MySqlConnection killer, string which)
    {
        var connections = new List<long>();
        await using (var command = killer.CreateCommand())
        {
            command.CommandText = $"SELECT id FROM information_schema.processlist WHERE user = 'coupons' AND id <> CONNECTION_ID() {which}";
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                connections.Add(reader.GetInt64(0));
        }

        foreach (var connection in connections)
        {
            try
            {
                await ExecuteAsync(killer, $"KILL CONNECTION {connection}");
            }
            catch (MySqlException gone) when (gone.ErrorCode == MySqlErrorCode.NoSuchThread)
            {
                // By itself, meanwhile.
            }
        }

        return connections.Count;
    }

    public sealed class Cluster() : Watchful(new ClusterEngine { FirstWhole = 1, HasLines = true });
}
