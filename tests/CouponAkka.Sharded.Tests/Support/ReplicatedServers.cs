namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A primary and its replica, which follows by GTID.</summary>
internal sealed class ReplicatedServers : IDisposable
{
    private readonly bool _mySql;

    private ReplicatedServers(string script, string[] sourceOptions, string[] replicaOptions)
    {
        _mySql = script == "mysql";
        Primary = DatabaseServer.Start(script, sourceOptions);
        Replica = DatabaseServer.Start(script, replicaOptions);
    }

    public DatabaseServer Primary { get; }

    public DatabaseServer Replica { get; }

    /// <param name="script">Which server: <c>mariadb</c> or <c>mysql</c>.</param>
    /// <param name="semiSync">Whether each commit waits until the replica has it, before others see it.</param>
    public static async Task<ReplicatedServers> StartAsync(string script, bool semiSync)
    {
        string[] gtid = script == "mysql" ? ["--gtid-mode=ON", "--enforce-gtid-consistency=ON"] : [];
        var servers = script == "mysql" && semiSync
            ? new ReplicatedServers(script, [.. gtid, "--plugin-load-add=semisync_source.so"], [.. gtid, "--plugin-load-add=semisync_replica.so", "--rpl-semi-sync-replica-enabled=ON"])
            : new ReplicatedServers(script, gtid, semiSync ? ["--rpl-semi-sync-slave-enabled=ON"] : gtid);
        await servers.Replica.ExecuteAsync(servers._mySql
            ? $"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {servers.Primary.Port}, SOURCE_USER = 'coupons', SOURCE_PASSWORD = 'coupons', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1; START REPLICA"
            : $"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {servers.Primary.Port}, MASTER_USER = 'coupons', MASTER_PASSWORD = 'coupons', MASTER_USE_GTID = slave_pos; START SLAVE");
        // Not earlier: what the server does at its start would wait for a replica that is not there yet.
        if (semiSync)
        {
            var role = servers._mySql ? "source" : "master";
            await servers.Primary.ExecuteAsync(
                $"SET GLOBAL rpl_semi_sync_{role}_wait_point = AFTER_SYNC; SET GLOBAL rpl_semi_sync_{role}_timeout = 3600000; SET GLOBAL rpl_semi_sync_{role}_enabled = ON");
            await Eventually.HoldsAsync(async () => await servers.Primary.QueryAsync($"SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_{role}_clients'", "Value") == "1");
        }

        return servers;
    }

    /// <summary>From now on the replica hears nothing of what the primary commits, and the primary does not know.</summary>
    public Task StopListeningAsync() => Replica.ExecuteAsync(_mySql ? "STOP REPLICA IO_THREAD" : "STOP SLAVE IO_THREAD");

    /// <summary>Kills the primary; the replica applies what it has received, and is one itself.</summary>
    public async Task FailOverAsync()
    {
        Primary.Kill();
        await StopListeningAsync();
        if (_mySql)
        {
            var received = await Replica.QueryAsync("SELECT received_transaction_set FROM performance_schema.replication_connection_status");
            Assert.Equal("0", await Replica.QueryAsync($"SELECT WAIT_FOR_EXECUTED_GTID_SET('{received}', 60)"));
            await Replica.ExecuteAsync("STOP REPLICA; RESET REPLICA ALL");
        }
        else
        {
            var received = await Replica.QueryAsync("SHOW SLAVE STATUS", "Gtid_IO_Pos");
            Assert.Equal("0", await Replica.QueryAsync($"SELECT MASTER_GTID_WAIT('{received}', 60)"));
            await Replica.ExecuteAsync("STOP SLAVE; RESET SLAVE ALL");
        }
    }

    public void Dispose()
    {
        Primary.Dispose();
        Replica.Dispose();
    }
}
