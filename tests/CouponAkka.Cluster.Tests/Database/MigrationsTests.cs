using CouponAkka.Cluster.Database;
using CouponAkka.Cluster.Tests.Support;
using MySqlConnector;

namespace CouponAkka.Cluster.Tests.Database;

public sealed class MigrationsTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task The_first_run_makes_the_database_and_all_tables_and_the_second_does_nothing()
    {
        Assert.Equal(["0001_journal", "0002_read_model"], await Migrations.MigrateAsync(_test.Database));
        var tables = await TablesAsync();

        Assert.Empty(await Migrations.MigrateAsync(_test.Database));

        Assert.Equal(tables, await TablesAsync());
        await Migrations.RequireUpToDateAsync(_test.Database);
    }

    [Fact]
    public async Task Of_many_processes_that_migrate_at_once_each_migration_is_applied_by_one()
    {
        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Migrations.MigrateAsync(_test.Database))));

        Assert.Equal(["0001_journal", "0002_read_model"], applied.SelectMany(names => names).Order());
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
    public async Task A_database_of_a_newer_program_is_left_alone()
    {
        await Migrations.MigrateAsync(_test.Database);
        await _test.ExecuteAsync("INSERT INTO schema_migrations VALUES (9999, '9999_future', NOW())");

        await ShouldSayAsync("run the newer program");
        var failure = await Assert.ThrowsAsync<DatabaseException>(() => Migrations.MigrateAsync(_test.Database));
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
                var failure = await Assert.ThrowsAsync<DatabaseException>(use);
                Assert.StartsWith($"Database 'x' on {database.Server} can't be used: ", failure.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', failure.Message);
            }
        }
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
        var failure = Assert.Throws<DatabaseException>(() => new CouponDatabase(setting));
        Assert.Contains("ConnectionStrings:Coupons", failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private async Task ShouldSayAsync(string expected)
    {
        var failure = await Assert.ThrowsAsync<DatabaseException>(() => Migrations.RequireUpToDateAsync(_test.Database));
        Assert.Contains(_test.Database.Name, failure.Message, StringComparison.Ordinal);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    private Task<List<string>> TablesAsync() => _test.RowsAsync(
        $"SELECT table_name, column_name, column_type, is_nullable, column_key FROM information_schema.columns WHERE table_schema = '{_test.Database.Name}' ORDER BY 1, 2");
}
