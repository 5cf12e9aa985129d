using MySqlConnector;

namespace CouponAkka.Testing;

/// <summary>A server that follows another one by GTID, and may be promoted. It ends with this process at the latest.</summary>
public sealed class DatabaseReplica : IDisposable
{
    private static readonly string[] MySqlGtid = ["--gtid-mode=ON", "--enforce-gtid-consistency=ON"];

    private readonly string _primary;
    private readonly bool _mySql;

    private DatabaseReplica(string script, string primary, bool semiSync)
    {
        _primary = primary;
        _mySql = script == "mysql";
        Server = DatabaseServer.Start(script, Options(script, semiSync));
    }

    public DatabaseServer Server { get; }

    /// <summary>What a server must be started with that is to have a replica.</summary>
    public static string[] OptionsOfPrimary(string script, bool semiSync) => (script, semiSync) switch
    {
        ("mysql", true) => [.. MySqlGtid, "--plugin-load-add=semisync_source.so"],
        ("mysql", false) => MySqlGtid,
        _ => [],
    };

    /// <summary>Starts one that has all that the primary has.</summary>
    /// <param name="script">Which server: <c>mariadb</c> or <c>mysql</c>.</param>
    /// <param name="primary">The connection string of the server that it follows.</param>
    /// <param name="semiSync">From now on each commit of the primary waits until the replica has received it, before anybody is told or sees it.</param>
    public static async Task<DatabaseReplica> FollowAsync(string script, string primary, bool semiSync)
    {
        var replica = new DatabaseReplica(script, primary, semiSync);
        try
        {
            await replica.FollowAsync();
            // Not earlier: what a server does at its start would wait for a replica that is not there yet.
            if (semiSync)
                await replica.HoldUpCommitsAsync();
            return replica;
        }
        catch
        {
            replica.Dispose();
            throw;
        }
    }

    /// <summary>Hears no more of what the primary commits, and the primary does not know.</summary>
    public Task StopListeningAsync() => Server.ExecuteAsync(_mySql ? "STOP REPLICA IO_THREAD" : "STOP SLAVE IO_THREAD");

    /// <summary>Applies what it has received, and is a primary itself. The one before must be dead.</summary>
    public async Task PromoteAsync()
    {
        await StopListeningAsync();
        await AppliedAsync(_mySql
            ? await Server.QueryAsync("SELECT received_transaction_set FROM performance_schema.replication_connection_status")
            : await Server.QueryAsync("SHOW SLAVE STATUS", "Gtid_IO_Pos"));
        await Server.ExecuteAsync(_mySql ? "STOP REPLICA; RESET REPLICA ALL" : "STOP SLAVE; RESET SLAVE ALL");
    }

    public void Dispose() => Server.Dispose();

    private static string[] Options(string script, bool semiSync) => (script, semiSync) switch
    {
        ("mysql", true) => [.. MySqlGtid, "--plugin-load-add=semisync_replica.so", "--rpl-semi-sync-replica-enabled=ON"],
        ("mysql", false) => MySqlGtid,
        (_, true) => ["--rpl-semi-sync-slave-enabled=ON"],
        _ => [],
    };

    private async Task FollowAsync()
    {
        var source = new MySqlConnectionStringBuilder(_primary);
        await Server.ExecuteAsync(_mySql
            ? $"""
              CHANGE REPLICATION SOURCE TO SOURCE_HOST = '{source.Server}', SOURCE_PORT = {source.Port}, SOURCE_USER = '{source.UserID}',
                SOURCE_PASSWORD = '{source.Password}', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1;
              START REPLICA
              """
            : $"""
              CHANGE MASTER TO MASTER_HOST = '{source.Server}', MASTER_PORT = {source.Port}, MASTER_USER = '{source.UserID}',
                MASTER_PASSWORD = '{source.Password}', MASTER_USE_GTID = slave_pos;
              START SLAVE
              """);
        await AppliedAsync(await Sql.QueryAsync(_primary, _mySql ? "SELECT @@GLOBAL.gtid_executed" : "SELECT @@GLOBAL.gtid_binlog_pos"));
    }

    private async Task HoldUpCommitsAsync()
    {
        var role = _mySql ? "source" : "master";
        await Sql.ExecuteAsync(
            _primary,
            $"""
            SET GLOBAL rpl_semi_sync_{role}_wait_point = AFTER_SYNC;
            SET GLOBAL rpl_semi_sync_{role}_timeout = 3600000;
            SET GLOBAL rpl_semi_sync_{role}_enabled = ON
            """);
        await Eventually.HoldsAsync(
            async () => await Sql.QueryAsync(_primary, $"SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_{role}_clients'", "Value") == "1");
    }

    private async Task AppliedAsync(string? position)
    {
        var waited = await Server.QueryAsync(_mySql ? $"SELECT WAIT_FOR_EXECUTED_GTID_SET('{position}', 60)" : $"SELECT MASTER_GTID_WAIT('{position}', 60)");
        if (waited != "0")
            throw new InvalidOperationException($"The replica has not applied {position} within a minute.");
    }
}
