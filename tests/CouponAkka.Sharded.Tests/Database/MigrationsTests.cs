using System.Collections.Concurrent;
using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Tests.Support;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Database;

public sealed class MigrationsTests : IAsyncLifetime
{
    private static readonly string[] All = ["0001_journal", "0002_read_model", "0003_next_event_only", "0004_journal_watch", "0005_cluster_members", "0006_stopped_coupons",
        "0007_reactions_and_lists", "0008_notifications"];

    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task The_first_run_makes_the_database_and_all_tables_and_the_second_does_nothing()
    {
        Assert.Equal(All, await Migrations.MigrateAsync(_test.Database));
        var tables = await TablesAsync();

        Assert.Empty(await Migrations.MigrateAsync(_test.Database));

        Assert.Equal(tables, await TablesAsync());
        await Migrations.RequireUpToDateAsync(_test.Database);
    }

    [Fact]
    public async Task Of_many_processes_that_migrate_at_once_each_migration_is_applied_by_one()
    {
        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Migrations.MigrateAsync(_test.Database))));

        Assert.Equal(All, applied.SelectMany(names => names).Order());
        await Migrations.RequireUpToDateAsync(_test.Database);
    }

    [Fact]
    public async Task A_run_that_was_cut_off_in_the_middle_of_a_script_is_finished_by_the_next()
    {
        await Migrations.MigrateAsync(_test.Database);
        var whole = await TablesAsync();
        await _test.ExecuteAsync("DROP TABLE snapshot; DROP TABLE projection_position; DELETE FROM schema_migrations");

        await Migrations.MigrateAsync(_test.Database);

        Assert.Equal(whole, await TablesAsync());
        Assert.Equal(["1|0|0"], await _test.RowsAsync("SELECT id, ordering, epoch FROM projection_position"));
    }

    [Fact]
    public async Task A_database_that_is_missing_or_not_migrated_says_what_to_run()
    {
        await ShouldSayAsync("does not exist: run CouponAkka.Node --migrate.");

        await MariaDb.ExecuteAsync($"CREATE DATABASE {_test.Database.Name}");
        await ShouldSayAsync("is not migrated: run CouponAkka.Node --migrate.");

        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync("DELETE FROM schema_migrations WHERE version = 2");
        await ShouldSayAsync("is not migrated: run CouponAkka.Node --migrate.");
    }

    [Fact]
    public async Task Who_waits_for_the_schema_says_for_what_and_goes_on_when_it_is_migrated()
    {
        var said = new ConcurrentQueue<string>();
        var waiting = Migrations.AwaitAsync(_test.Database, said.Enqueue, TimeProvider.System);
        await Eventually.HoldsAsync(() => said.Any(line => line.StartsWith("Waiting for database", StringComparison.Ordinal)));
        await MariaDb.ExecuteAsync($"CREATE DATABASE {_test.Database.Name}");
        await Eventually.HoldsAsync(() => said.Any(line => line.EndsWith("is migrated.", StringComparison.Ordinal)));
        Assert.False(waiting.IsCompleted);

        await Migrations.MigrateAsync(_test.Database);

        await waiting.WaitAsync(Eventually.Deadline);
        Assert.Equal(2, said.Count);
    }

    [Fact]
    public async Task Nobody_waits_for_the_schema_of_a_newer_program()
    {
        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync("INSERT INTO schema_migrations VALUES (9999, '9999_future', NOW())");

        await Assert.ThrowsAsync<StartupException>(
            () => Migrations.AwaitAsync(_test.Database, _ => { }, TimeProvider.System).WaitAsync(Eventually.Deadline));
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_left_alone()
    {
        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync("INSERT INTO schema_migrations VALUES (9999, '9999_future', NOW())");

        await ShouldSayAsync("run the newer program");
        var failure = await Assert.ThrowsAsync<StartupException>(() => Migrations.MigrateAsync(_test.Database));
        Assert.Contains("9999", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_refuses_or_does_not_answer_is_named_in_one_line()
    {
        foreach (var wrong in (string[])["Password=wrong", "Port=1"])
        {
            var database = new CouponDatabase($"{new MySqlConnectionStringBuilder(MariaDb.Server) { Database = "x" }.ConnectionString};{wrong}");
            foreach (var use in (Func<Task>[])[() => Migrations.MigrateAsync(database), () => Migrations.RequireUpToDateAsync(database)])
            {
                var failure = await Assert.ThrowsAsync<StartupException>(use);
                Assert.StartsWith($"Database 'x' on {database.Server} can't be used: ", failure.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', failure.Message);
            }
        }
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task The_database_takes_only_a_coupons_next_event()
    {
        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync(Event(1));

        await ShouldRefuseAsync(Event(3), MySqlErrorCode.NoReferencedRow2);
        await ShouldRefuseAsync(Event(1), MySqlErrorCode.DuplicateKeyEntry);
        await ShouldRefuseAsync("DELETE FROM journal WHERE sequence_number = 1", MySqlErrorCode.RowIsReferenced2, Event(2));

        await _test.ExecuteAsync(Event(3));
        Assert.Equal(["1", "2", "3"], await _test.RowsAsync("SELECT sequence_number FROM journal ORDER BY 1"));
    }

    [Fact]
    public async Task What_makes_the_journal_take_only_the_next_event_bears_being_run_again()
    {
        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync($"{Event(1)}; {Event(2)}; DELETE FROM schema_migrations WHERE version = -3");

        Assert.Equal(["0003_next_event_only"], await Migrations.MigrateAsync(_test.Database));
    }

    [Fact]
    public async Task A_journal_with_a_hole_is_left_as_it_is_and_the_coupon_is_named()
    {
        await BeforeTheKeyAsync();
        await _test.ExecuteAsync($"{Event(1)}; {Event(2)}; {Event(4)}");
        var tables = await TablesAsync();

        var failure = await Assert.ThrowsAsync<StartupException>(() => Migrations.MigrateAsync(_test.Database));

        Assert.Contains("coupon-7 has event 4 and not 3", failure.Message, StringComparison.Ordinal);
        Assert.Equal(tables, await TablesAsync());
        await _test.ExecuteAsync(Event(3));
        Assert.Equal(["0003_next_event_only"], await Migrations.MigrateAsync(_test.Database));
    }

    [Fact]
    public async Task The_version_before_writes_while_the_key_is_made_and_starts_on_it()
    {
        await BeforeTheKeyAsync();
        var written = 0;
        var writing = Task.Run(async () =>
        {
            for (var number = 1; number <= 400; number++)
            {
                await _test.ExecuteAsync(Event(number));
                Volatile.Write(ref written, number);
            }
        });
        await Eventually.HoldsAsync(() => Volatile.Read(ref written) > 50);

        await Migrations.MigrateAsync(_test.Database);
        await writing;

        Assert.Equal(["400"], await _test.RowsAsync("SELECT COUNT(*) FROM journal"));
        // It knows the scripts up to 2, and does not start if it finds a higher number.
        Assert.Equal(["2"], await _test.RowsAsync("SELECT MAX(version) FROM schema_migrations"));
    }

    private static string Event(int number) =>
        $"INSERT INTO journal (persistence_id, sequence_number, deleted, created, tags, message, identifier, manifest) VALUES ('coupon-7', {number}, 0, 0, '', 'x', 811, 'e')";

    private async Task ShouldRefuseAsync(string statement, MySqlErrorCode code, string? before = null)
    {
        if (before is not null)
            await _test.ExecuteAsync(before);
        Assert.Equal(code, (await Assert.ThrowsAsync<MySqlException>(() => _test.ExecuteAsync(statement))).ErrorCode);
    }

    private async Task BeforeTheKeyAsync()
    {
        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync(
            "ALTER TABLE journal DROP FOREIGN KEY journal_next_event, DROP KEY journal_next_event, DROP COLUMN previous; DELETE FROM schema_migrations WHERE version = -3");
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("", "is missing")]
    [InlineData("nonsense", "is not a connection string")]
    [InlineData("Server=localhost;Port=many;Database=x", "is not a connection string")]
    [InlineData("Server=localhost", "names no Database")]
    [InlineData("Database=x", "names no Server")]
    public void A_wrong_setting_is_said_in_one_line(string? setting, string expected)
    {
        var failure = Assert.Throws<StartupException>(() => new CouponDatabase(setting));
        Assert.Contains("ConnectionStrings:Coupons", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private async Task ShouldSayAsync(string expected)
    {
        var failure = await Assert.ThrowsAsync<StartupException>(() => Migrations.RequireUpToDateAsync(_test.Database));
        Assert.Contains(_test.Database.Name, failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    private Task<List<string>> TablesAsync() => _test.RowsAsync(
        $"SELECT table_name, column_name, column_type, is_nullable, column_key FROM information_schema.columns WHERE table_schema = '{_test.Database.Name}' ORDER BY 1, 2");
}
