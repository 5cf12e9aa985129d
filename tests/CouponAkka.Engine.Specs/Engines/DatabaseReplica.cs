using System.Diagnostics;
using System.Globalization;
using MySqlConnector;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>A MariaDB that follows another one by GTID, and may be promoted. It ends with this process at the latest.</summary>
public sealed class DatabaseReplica : IAsyncDisposable
{
    private static readonly TimeSpan CatchesUpWithin = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cluster-specs-replica-");
    private string _connectionString = "";

    private DatabaseReplica()
    {
    }

    public int Port => (int)new MySqlConnectionStringBuilder(_connectionString).Port;

    /// <summary>Starts one that has all that the primary has.</summary>
    /// <param name="semiSync">From now on each commit of the primary waits until the replica has received it, before anybody is told or sees it.</param>
    public static async Task<DatabaseReplica> FollowAsync(string primary, bool semiSync)
    {
        var replica = new DatabaseReplica();
        try
        {
            await replica.StartAsync(primary, semiSync);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Hears no more of what the primary commits, and the primary does not know.</summary>
    public Task StopListeningAsync() => ExecuteAsync(_connectionString, "STOP SLAVE IO_THREAD");

    /// <summary>Applies what it has received, and is a primary itself. The one before must be dead.</summary>
    public async Task PromoteAsync()
    {
        await StopListeningAsync();
        await WaitForAsync(await ReadAsync(_connectionString, "SHOW SLAVE STATUS", "Gtid_IO_Pos"));
        await ExecuteAsync(_connectionString, "STOP SLAVE; RESET SLAVE ALL");
    }

    public async ValueTask DisposeAsync()
    {
        await ScriptAsync("kill", _directory.FullName);
        _directory.Delete(recursive: true);
    }

    private async Task StartAsync(string primary, bool semiSync)
    {
        await ScriptAsync("remove-after", $"{Environment.ProcessId}", _directory.FullName);
        // No port of its own choice.
        var connection = await ScriptAsync("start", _directory.FullName, "", $"--rpl-semi-sync-slave-enabled={(semiSync ? "ON" : "OFF")}");
        _connectionString = $"{connection.Trim()};Pooling=false";

        var source = new MySqlConnectionStringBuilder(primary);
        await ExecuteAsync(
            _connectionString,
            $"CHANGE MASTER TO MASTER_HOST = '{source.Server}', MASTER_PORT = {source.Port}, MASTER_USER = '{source.UserID}', "
            + $"MASTER_PASSWORD = '{source.Password}', MASTER_USE_GTID = slave_pos; START SLAVE");
        await WaitForAsync(await ReadAsync(primary, "SELECT @@GLOBAL.gtid_binlog_pos"));
        if (!semiSync)
            return;
        await ExecuteAsync(
            primary,
            "SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC; SET GLOBAL rpl_semi_sync_master_timeout = 3600000; "
            + "SET GLOBAL rpl_semi_sync_master_enabled = ON");
        await Eventually.ReadAsync(
            "the primary waits for its replica",
            () => ReadAsync(primary, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'", "Value"),
            clients => clients == "1");
    }

    private async Task WaitForAsync(string position)
    {
        var waited = await ReadAsync(
            _connectionString, string.Create(CultureInfo.InvariantCulture, $"SELECT MASTER_GTID_WAIT('{position}', {CatchesUpWithin.TotalSeconds})"));
        if (waited != "0")
            throw new InvalidOperationException($"The replica has not applied {position} within {CatchesUpWithin}.");
    }

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new MySqlConnection(server);
        await connection.OpenAsync();
        await using var command = new MySqlCommand(sql, connection) { CommandTimeout = (int)CatchesUpWithin.TotalSeconds + 10 };
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> ReadAsync(string server, string sql, string? column = null)
    {
        await using var connection = new MySqlConnection(server);
        await connection.OpenAsync();
        await using var command = new MySqlCommand(sql, connection) { CommandTimeout = (int)CatchesUpWithin.TotalSeconds + 10 };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? $"{reader.GetValue(column is null ? 0 : reader.GetOrdinal(column))}" : "";
    }

    private static async Task<string> ScriptAsync(params string[] arguments)
    {
        var script = Path.Combine(ClusterEngine.Repository.FullName, ".scripts", "mariadb");
        using var process = Process.Start(new ProcessStartInfo(script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said[0] : throw new InvalidOperationException($"{script} {string.Join(' ', arguments)}: {said[1]}");
    }
}
