using System.Diagnostics;
using CouponAkka.Cluster.Database;
using LinqToDB.Data;
using MySqlConnector;

namespace CouponAkka.Cluster.Tests.Support;

/// <summary>
/// The server under test: the one that the environment variable COUPONAKKA_MARIADB names (a connection string without database, of a user
/// who may create databases), else one that this process starts for itself, and that ends with it.
/// </summary>
internal static class MariaDb
{
    private static readonly Lazy<string> Started = new(Start);

    /// <summary>A connection string that names no database.</summary>
    public static string Server => Environment.GetEnvironmentVariable("COUPONAKKA_MARIADB") is { Length: > 0 } given ? given : Started.Value;

    public static async Task ExecuteAsync(string sql)
    {
        await using var connection = new MySqlConnection(Server);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private static string Start()
    {
        var directory = Directory.CreateTempSubdirectory("couponakka-mariadb-").FullName;
        // Not by an event of this process: the test runner kills it a moment after its last test.
        Script("remove-after", $"{Environment.ProcessId}", directory);
        return Script("start", directory).Trim();
    }

    private static string Script(params string[] arguments)
    {
        using var script = Process.Start(new ProcessStartInfo(Path.Combine(RepositoryRoot(), ".scripts", "mariadb"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var trouble = script.StandardError.ReadToEndAsync();
        var said = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        return script.ExitCode == 0 ? said : throw new InvalidOperationException(trouble.Result);
    }

    private static string RepositoryRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "CouponAkka.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests run outside the repository.");
        return directory;
    }
}

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
