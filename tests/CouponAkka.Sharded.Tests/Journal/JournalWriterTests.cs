using System.Diagnostics;
using Akka.Event;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using MySqlConnector;
using Xunit.Abstractions;

namespace CouponAkka.Sharded.Tests.Journal;

/// <summary>The journal's writer, against a MariaDB that refuses, hangs, falls silent and dies.</summary>
public sealed class JournalWriterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Coupons = 20;

    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(5);

    private readonly TestDatabase _test = new();

    private static IEnumerable<int> Others => Enumerable.Range(1, Coupons - 1);

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "3")]
    public async Task What_is_acknowledged_is_there_once_and_whole_and_in_order()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);

        await crowd.WriteMoreAsync(100, Enumerable.Range(0, Coupons));

        Assert.Equal(0, crowd.Failures);
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_locked_row_keeps_only_its_own_coupon_waiting()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);
        await crowd.WriteMoreAsync(20, Enumerable.Range(0, Coupons));

        await using var held = await HeldRow.TakeAsync(_test.Database, JournalCrowd.Id(0));
        await crowd.WriteMoreAsync(100, Others);
        // Longer than a write may take: it is the coupon's own that fails.
        await Eventually.HoldsAsync(() => crowd.FailuresOf(0) > 0);
        await crowd.WriteMoreAsync(100, Others);
        await held.DisposeAsync();
        await crowd.WriteMoreAsync(10, [0]);

        Assert.Equal(crowd.FailuresOf(0), crowd.Failures);
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task More_locked_rows_than_there_are_connections_for_them_leave_the_others_alone()
    {
        const int many = 30;
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, many + Coupons);
        var troubled = Enumerable.Range(0, many).ToList();
        await crowd.WriteMoreAsync(5, Enumerable.Range(0, many + Coupons));

        var held = await Task.WhenAll(troubled.Select(coupon => HeldRow.TakeAsync(_test.Database, JournalCrowd.Id(coupon))));
        await Eventually.HoldsAsync(() => troubled.TrueForAll(coupon => crowd.FailuresOf(coupon) > 0));
        await crowd.WriteMoreAsync(50, Enumerable.Range(many, Coupons));
        foreach (var row in held)
            await row.DisposeAsync();
        await crowd.WriteMoreAsync(5, troubled);

        Assert.All(Enumerable.Range(many, Coupons), coupon => Assert.Equal(0, crowd.FailuresOf(coupon)));
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task Another_writers_rows_fail_the_writes_of_their_own_coupon_only()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);
        await crowd.WriteMoreAsync(20, Enumerable.Range(0, Coupons));

        for (var landed = 0; landed < 20; landed++)
        {
            await Rival.LandAsync(_test.Database, JournalCrowd.Id(0));
            var failures = crowd.FailuresOf(0);
            await crowd.WriteMoreAsync(5, Others);
            await Eventually.HoldsAsync(() => crowd.FailuresOf(0) >= failures && crowd.FailuresOf(0) > 0);
        }

        Assert.Equal(crowd.FailuresOf(0), crowd.Failures);
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Connections_that_are_killed_at_random_lose_nothing_that_was_acknowledged()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);

        for (var round = 0; round < 30; round++)
        {
            await KillAsync("KILL CONNECTION");
            await crowd.WriteMoreAsync(3, Enumerable.Range(0, Coupons));
        }

        output.WriteLine($"{crowd.Failures} writes failed.");
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task Statements_that_are_killed_at_random_are_written_again_and_nobody_hears_of_it()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);

        for (var round = 0; round < 30; round++)
        {
            await KillAsync("KILL QUERY");
            await crowd.WriteMoreAsync(3, Enumerable.Range(0, Coupons));
        }

        Assert.Equal(0, crowd.Failures);
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Lines_that_fall_silent_are_given_up_at_the_write_time_out_and_all_of_them()
    {
        await using var proxy = new CuttingProxy(new MySqlConnectionStringBuilder(MariaDb.Server).Port is var port ? (int)port : 0);
        var database = Through(proxy);
        var writeTimeout = TimeSpan.FromSeconds(2);
        using var writer = new JournalWriter(database, writeTimeout, NoLogger.Instance);
        await using var crowd = new JournalCrowd(writer, database, Coupons);
        await crowd.WriteMoreAsync(20, Enumerable.Range(0, Coupons));

        for (var round = 0; round < 3; round++)
        {
            proxy.FallSilent();
            var began = Stopwatch.GetTimestamp();
            await crowd.WriteMoreAsync(2, Enumerable.Range(0, Coupons));
            output.WriteLine($"All coupons have written again {Stopwatch.GetElapsedTime(began).TotalSeconds:0.00} s after the lines fell silent; {crowd.Failures} writes have failed.");
        }

        await crowd.AuditAsync();
    }

    [Theory]
    [Trait("Promise", "7")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task A_line_that_is_cut_before_the_answer_comes_leaves_no_half_and_no_second_row(int at)
    {
        await using var proxy = new CuttingProxy((int)new MySqlConnectionStringBuilder(MariaDb.Server).Port);
        var database = Through(proxy);
        using var writer = new JournalWriter(database, WriteTimeout, NoLogger.Instance);
        await using var crowd = new JournalCrowd(writer, database, Coupons);
        await crowd.WriteMoreAsync(10, Enumerable.Range(0, Coupons));

        for (var round = 0; round < 10; round++)
        {
            proxy.Arm(at);
            await Eventually.HoldsAsync(() => !proxy.IsArmed);
            proxy.Disarm();
            await crowd.WriteMoreAsync(2, Enumerable.Range(0, Coupons));
        }

        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task While_the_server_refuses_everybody_writes_fail_and_then_go_on()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);
        await crowd.WriteMoreAsync(10, Enumerable.Range(0, Coupons));

        await _test.ExecuteAsync("CREATE TRIGGER refuse BEFORE INSERT ON journal FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'read-only'");
        await Eventually.HoldsAsync(() => Enumerable.Range(0, Coupons).All(coupon => crowd.FailuresOf(coupon) > 0));
        await _test.ExecuteAsync("DROP TRIGGER refuse");
        await crowd.WriteMoreAsync(10, Enumerable.Range(0, Coupons));

        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_server_that_is_killed_has_all_that_was_acknowledged_and_is_written_to_again()
    {
        await using var server = await OwnMariaDb.StartAsync();
        using var writer = new JournalWriter(server.Database, WriteTimeout, NoLogger.Instance);
        await using var crowd = new JournalCrowd(writer, server.Database, Coupons);

        for (var round = 0; round < 3; round++)
        {
            await crowd.WriteMoreAsync(20, Enumerable.Range(0, Coupons));
            await server.KillAsync();
            await server.StartAgainAsync();
        }

        await crowd.WriteMoreAsync(20, Enumerable.Range(0, Coupons));
        await crowd.AuditAsync();
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task An_event_that_the_server_does_not_take_for_its_size_fails_alone()
    {
        using var writer = Writer();
        await using var crowd = new JournalCrowd(writer, _test.Database, Coupons);
        await crowd.WriteMoreAsync(10, Enumerable.Range(0, Coupons));
        var packet = await _test.ScalarAsync<int>("SELECT @@max_allowed_packet");

        var huge = JournalCrowd.Write("coupon-1", 1, bytes: packet);
        writer.Write(huge);

        await Assert.ThrowsAsync<MySqlException>(() => huge.Done);
        await crowd.WriteMoreAsync(10, Enumerable.Range(0, Coupons));
        Assert.Equal(0, crowd.Failures);
        var next = JournalCrowd.Write("coupon-1", 1);
        writer.Write(next);
        await next.Done;
        await crowd.AuditAsync();
    }

    [Fact]
    public async Task Whoever_is_chosen_as_the_victim_of_a_deadlock_is_written_again()
    {
        using var writer = Writer();
        await using var rival = _test.Database.Connect();
        await rival.ExecuteAsync("SET SESSION foreign_key_checks = 0");
        await using var transaction = await rival.BeginTransactionAsync();
        // The server gives up who has changed less.
        for (var row = 1; row <= 50; row++)
            await rival.ExecuteAsync(Row("coupon-2", row));
        await rival.ExecuteAsync(Row("coupon-1", 2));

        var write = JournalCrowd.Write("coupon-1", 1, rows: 2, alone: true);
        writer.Write(write);
        await _test.UntilSomeoneWaitsForALockAsync();
        await rival.ExecuteAsync(Row("coupon-1", 1));
        await transaction.RollbackAsync();

        await write.Done;
        Assert.Equal(["1", "2"], await _test.RowsAsync("SELECT sequence_number FROM journal WHERE persistence_id = 'coupon-1' ORDER BY 1"));
    }

    [Fact]
    public async Task Whoever_asks_while_the_journal_stops_is_told()
    {
        await using var held = await HeldRow.TakeAsync(_test.Database, "coupon-1", number: 1);
        var writer = Writer();
        var stuck = JournalCrowd.Write("coupon-1", 1, alone: true);
        writer.Write(stuck);
        await _test.UntilSomeoneWaitsForALockAsync();
        var settled = writer.SettledAsync("coupon-1");
        Assert.False(settled.IsCompleted);

        writer.Dispose();
        var late = JournalCrowd.Write("coupon-2", 1);
        writer.Write(late);

        await Assert.ThrowsAsync<InvalidOperationException>(() => late.Done);
        await Assert.ThrowsAsync<MySqlException>(() => stuck.Done);
        await settled;
    }

    [Fact]
    public async Task A_second_write_of_a_coupon_is_refused_while_the_first_is_on_its_way()
    {
        await using var held = await HeldRow.TakeAsync(_test.Database, "coupon-1", number: 1);
        using var writer = Writer();
        var first = JournalCrowd.Write("coupon-1", 1, alone: true);
        writer.Write(first);
        await _test.UntilSomeoneWaitsForALockAsync();

        var second = JournalCrowd.Write("coupon-1", 2);
        writer.Write(second);

        await Assert.ThrowsAsync<InvalidOperationException>(() => second.Done);
        await held.DisposeAsync();
        await first.Done;
    }

    [Fact]
    public async Task A_session_is_set_up_once_and_then_a_write_is_one_statement()
    {
        await using var server = await OwnMariaDb.StartAsync();
        using var writer = new JournalWriter(server.Database, WriteTimeout, NoLogger.Instance, groupsAtOnce: 1);
        await using (var admin = server.Database.Connect())
            await admin.ExecuteAsync("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = 1");

        const int writes = 50;
        for (var number = 1; number <= writes; number++)
        {
            var write = JournalCrowd.Write("coupon-1", number);
            writer.Write(write);
            await write.Done;
        }

        await using var connection = server.Database.Connect();
        var said = connection.Query<string>(
            """
            SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log
            WHERE command_type = 'Query' AND argument <> 'DO 0' AND thread_id = (
                SELECT MAX(thread_id) FROM mysql.general_log WHERE argument LIKE 'INSERT INTO journal%')
            ORDER BY event_time
            """).ToList();
        Assert.Equal(writes, said.Count(statement => statement.StartsWith("INSERT INTO journal", StringComparison.Ordinal)));
        Assert.Equal(2, said.Count(statement => statement.StartsWith("SET", StringComparison.Ordinal)));
        Assert.Equal(writes + 2, said.Count);
    }

    private static string Row(string persistenceId, long number) =>
        $"INSERT INTO journal (persistence_id, sequence_number, created, message) VALUES ('{persistenceId}', {number}, 0, 'x')";

    private JournalWriter Writer() => new(_test.Database, WriteTimeout, NoLogger.Instance);

    private CouponDatabase Through(CuttingProxy proxy) =>
        new(new MySqlConnectionStringBuilder(MariaDb.Server) { Database = _test.Database.Name, Port = (uint)proxy.Port }.ConnectionString, TimeSpan.FromSeconds(2));

    private async Task KillAsync(string how)
    {
        var sessions = await _test.RowsAsync($"SELECT id FROM information_schema.processlist WHERE db = '{_test.Database.Name}' AND info LIKE 'INSERT INTO journal%'");
        foreach (var session in sessions)
        {
            try
            {
                await MariaDb.ExecuteAsync($"{how} {session}");
            }
            catch (MySqlException gone) when (gone.ErrorCode == MySqlErrorCode.NoSuchThread)
            {
            }
        }
    }
}
