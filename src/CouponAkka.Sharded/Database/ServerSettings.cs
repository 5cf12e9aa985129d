using MySqlConnector;

namespace CouponAkka.Sharded.Database;

/// <summary>What a server says of itself, by the names that it uses; one that it does not know is missing. MariaDB and MySQL have different ones.</summary>
/// <param name="Values">Its global variables and, where a name is a status, that.</param>
/// <param name="Replicas">How many replicas copy from it, as far as its user may see.</param>
/// <param name="JournalEngine">The storage engine of the table <c>journal</c>, or null if there is none.</param>
internal sealed record ServerSettings(IReadOnlyDictionary<string, string> Values, long Replicas = 0, string? JournalEngine = "InnoDB")
{
    // Variables of one server may begin like those of the other, so all are named.
    private const string Query =
        """
        SHOW GLOBAL VARIABLES WHERE Variable_name IN (
            'version', 'version_comment', 'hostname', 'port', 'server_id', 'server_uuid', 'server_uid', 'read_only', 'super_read_only',
            'innodb_flush_log_at_trx_commit', 'innodb_flush_method', 'innodb_doublewrite', 'innodb_force_recovery', 'log_bin', 'sync_binlog', 'binlog_format',
            'foreign_key_checks', 'unique_checks', 'max_allowed_packet', 'gtid_mode', 'gtid_strict_mode', 'innodb_lock_wait_timeout',
            'transaction_isolation', 'tx_isolation', 'group_replication_group_name', 'group_replication_consistency', 'group_replication_single_primary_mode',
            'rpl_semi_sync_source_enabled', 'rpl_semi_sync_source_wait_point', 'rpl_semi_sync_source_timeout',
            'rpl_semi_sync_master_enabled', 'rpl_semi_sync_master_wait_point', 'rpl_semi_sync_master_timeout', 'wsrep_on', 'wsrep_sync_wait');
        SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_source_status', 'Rpl_semi_sync_master_status', 'Innodb_redo_log_enabled');
        SELECT 'replicas', COUNT(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%';
        SELECT 'engine', engine FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'journal'
        """;

    /// <summary>The value of the first of these names that the server knows, or null.</summary>
    public string? this[params ReadOnlySpan<string> names]
    {
        get
        {
            foreach (var name in names)
            {
                if (Values.TryGetValue(name, out var value))
                    return value;
            }

            return null;
        }
    }

    /// <summary>Which server it is, whatever address it is reached by.</summary>
    public string Identity => IdentityOf(this["server_uuid", "server_uid"], this["hostname"], this["port"], this["server_id"]);

    /// <summary>Asks on an open connection.</summary>
    /// <exception cref="MySqlException">It can't be asked.</exception>
    public static async Task<ServerSettings> ReadAsync(MySqlConnection connection, CancellationToken cancel = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Query;
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        do
        {
            while (await reader.ReadAsync(cancel))
                values[reader.GetString(0)] = Convert.ToString(reader.GetValue(1), System.Globalization.CultureInfo.InvariantCulture) ?? "";
        }
        while (await reader.NextResultAsync(cancel));
        var replicas = long.Parse(values["replicas"], System.Globalization.CultureInfo.InvariantCulture);
        return new(values, replicas, values.GetValueOrDefault("engine"));
    }

    private static string IdentityOf(string? uuid, string? hostname, string? port, string? serverId) =>
        uuid is null ? $"{hostname}:{port} (server_id {serverId})" : $"{hostname}:{port} ({uuid})";
}
