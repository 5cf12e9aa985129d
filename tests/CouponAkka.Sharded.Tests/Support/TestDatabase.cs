using CouponAkka.Sharded.Database;
using LinqToDB.Data;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A database of its own for a test class, or for one test: migrated, and dropped at the end.</summary>
public sealed class TestDatabase : IAsyncLifetime
{
    internal CouponDatabase Database { get; } = new(new MySqlConnectionStringBuilder(MariaDb.Server)
    {
        Database = $"couponakka_test_{Guid.NewGuid():N}",
    }.ConnectionString);

    public Task InitializeAsync() => Migrations.MigrateAsync(Database);

    public Task DisposeAsync() => MariaDb.ExecuteAsync($"DROP DATABASE IF EXISTS `{Database.Name}`");

    internal async Task ExecuteAsync(string sql)
    {
        await using var connection = Database.Connect();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>Does to the journal what no program of ours may do.</summary>
    internal Task TamperAsync(string sql) => ExecuteAsync($"SET SESSION foreign_key_checks = 0; {sql}");

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = Database.Connect();
        return await connection.ExecuteAsync<T>(sql);
    }

    /// <summary>Returns once a transaction in this database waits for another one.</summary>
    internal Task UntilSomeoneWaitsForALockAsync() => Eventually.HoldsAsync(async () =>
    {
        // InnoDB shows a copy of its transactions, and takes a new one only when nobody has looked for a tenth of a second.
        await Task.Delay(TimeSpan.FromMilliseconds(150));
        return await ScalarAsync<long>(
            """
            SELECT COUNT(*) FROM information_schema.innodb_trx AS waiting
            JOIN information_schema.processlist AS process ON process.id = waiting.trx_mysql_thread_id
            WHERE waiting.trx_state = 'LOCK WAIT' AND process.db = DATABASE()
            """) > 0;
    });

    /// <summary>All rows, a line each.</summary>
    internal async Task<List<string>> RowsAsync(string sql)
    {
        await using var connection = new MySqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "NULL" : Text(reader.GetValue(column)))));
        return rows;
    }

    private static string? Text(object value) => value is DateTime time ? time.ToString("yyyy-MM-dd HH:mm:ss.ffffff", null) : value.ToString();
}
