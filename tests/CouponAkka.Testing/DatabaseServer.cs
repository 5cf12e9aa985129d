using System.Diagnostics;
using MySqlConnector;

namespace CouponAkka.Testing;

/// <summary>
/// A server of one's own, which may be killed: by the script <c>.scripts/mariadb</c> or <c>.scripts/mysql</c>. It ends with this process at the latest,
/// and not by an event of it: the test runner kills it a moment after its last test.
/// </summary>
public sealed class DatabaseServer : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _script;

    private DatabaseServer(string script, string[] options)
    {
        _script = Repository.At(".scripts", script);
        Script("remove-after", $"{Environment.ProcessId}", _directory.Path);
        // On a port of its own choice.
        ConnectionString = Script(["start", _directory.Path, "", .. options]);
    }

    /// <summary>Names no database; of a user who may create them.</summary>
    public string ConnectionString { get; }

    public int Port => (int)new MySqlConnectionStringBuilder(ConnectionString).Port;

    /// <param name="script">Which server: <c>mariadb</c> or <c>mysql</c>.</param>
    /// <param name="options">Its own, as <c>--gtid-mode=ON</c>.</param>
    public static DatabaseServer Start(string script, params string[] options) => new(script, options);

    public void Kill() => Script("kill", _directory.Path);

    /// <summary>Starts it once more, where it was and with the data that it had.</summary>
    public void StartAgain() => Script("start", _directory.Path, $"{Port}");

    public void Dispose()
    {
        Kill();
        _directory.Dispose();
    }

    public Task ExecuteAsync(string sql) => Sql.ExecuteAsync(ConnectionString, sql);

    /// <inheritdoc cref="Sql.QueryAsync"/>
    public Task<string?> QueryAsync(string sql, string? column = null) => Sql.QueryAsync(ConnectionString, sql, column);

    private string Script(params string[] arguments) => RunningProcess.Run(new ProcessStartInfo(_script, arguments)).Succeeded();
}
