using System.Diagnostics;
using MySqlConnector;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A server of one's own, which may be killed: by the script <c>.scripts/mariadb</c> or <c>.scripts/mysql</c>. It ends with this process at the latest.</summary>
internal sealed class DatabaseServer : IDisposable
{
    private readonly string _script;
    private readonly string _directory = Directory.CreateTempSubdirectory("couponakka-server-").FullName;

    private DatabaseServer(string script) => _script = Path.Combine(RepositoryRoot.Path, ".scripts", script);

    public string ConnectionString { get; private set; } = "";

    public int Port => (int)new MySqlConnectionStringBuilder(ConnectionString).Port;

    /// <param name="script">Which server: <c>mariadb</c> or <c>mysql</c>.</param>
    /// <param name="options">Its own, as <c>--gtid-mode=ON</c>.</param>
    public static DatabaseServer Start(string script, params string[] options)
    {
        var server = new DatabaseServer(script);
        server.Script("remove-after", $"{Environment.ProcessId}", server._directory);
        server.ConnectionString = $"{server.Script(["start", server._directory, $"{RunningNode.FreePort()}", .. options]).Trim()};Pooling=false";
        return server;
    }

    public void Kill() => Script("kill", _directory);

    public void Dispose()
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new MySqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The named column of the first row, or null.</summary>
    public async Task<string?> QueryAsync(string sql, string? column = null)
    {
        await using var connection = new MySqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? reader.GetValue(column is null ? 0 : reader.GetOrdinal(column)).ToString() : null;
    }

    private string Script(params string[] arguments)
    {
        using var script = Process.Start(new ProcessStartInfo(_script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var trouble = script.StandardError.ReadToEndAsync();
        var said = script.StandardOutput.ReadToEnd();
        script.WaitForExit();
        return script.ExitCode == 0 ? said : throw new InvalidOperationException(trouble.Result);
    }
}
