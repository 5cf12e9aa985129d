using System.Diagnostics;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Support;

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

    public static string Script(params string[] arguments)
    {
        using var script = Process.Start(new ProcessStartInfo(Path.Combine(RepositoryRoot.Path, ".scripts", "mariadb"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var trouble = script.StandardError.ReadToEndAsync();
        var said = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        return script.ExitCode == 0 ? said : throw new InvalidOperationException(trouble.Result);
    }
}
