using System.Globalization;

namespace CouponAkka.Sharded.Database;

/// <summary>
/// What is wrong with the settings of a server, for a journal on which promises rest. docs/operations.md has the same list, with what to do;
/// ADR 18 why each is refused or only warned of.
/// </summary>
internal static class Durability
{
    private const long LargestSnapshot = 16 << 20;

    private static readonly TimeSpan SemiSyncWaits = TimeSpan.FromMinutes(10);

    /// <summary>What must not be: it loses what was acknowledged, or lets two writers by each other.</summary>
    public static IEnumerable<string> Refusals(ServerSettings server)
    {
        if (server["innodb_flush_log_at_trx_commit"] is { } flush and not ("1" or "3"))
            yield return $"innodb_flush_log_at_trx_commit is {flush}: a power cut undoes up to a second of what was acknowledged; set it to 1";
        if (Is(server["log_bin"], on: true) && server["sync_binlog"] is { } sync and not "1")
            yield return $"sync_binlog is {sync} and the binary log is on: a power cut undoes what the log lost; set it to 1";
        if (server["innodb_flush_method"] is { } method && (Same(method, "nosync") || Same(method, "littlesync")))
            yield return $"innodb_flush_method is {method}: nothing is brought to the disk; leave it at its default";
        if (Is(server["Innodb_redo_log_enabled"], on: false))
            yield return "the redo log of InnoDB is off: a crash loses the database; ALTER INSTANCE ENABLE INNODB REDO_LOG";
        if (server["innodb_force_recovery"] is { } force and not "0")
            yield return $"innodb_force_recovery is {force}: the server is being rescued, and may not be written; set it to 0";
        if (Is(server["log_bin"], on: true) && Same(server["binlog_format"], "STATEMENT"))
            yield return "binlog_format is STATEMENT: nothing can be written at read committed; set it to ROW";
        if (Is(server["unique_checks"], on: false))
            yield return "unique_checks is off: two writers of a coupon may both write its next event; set it on";
        if (Is(server["foreign_key_checks"], on: false))
            yield return "foreign_key_checks is off: a coupon may leave out an event; set it on";
        if (server.JournalEngine is { } engine && !Same(engine, "InnoDB"))
            yield return $"the table journal is of the engine {engine}, which has no transactions; ALTER TABLE journal ENGINE = InnoDB";
    }

    /// <summary>What an operator should know of, and may have meant.</summary>
    public static IEnumerable<string> Warnings(ServerSettings server)
    {
        if (server["innodb_doublewrite"] is { } doublewrite && !Is(doublewrite, on: true))
            yield return $"innodb_doublewrite is {doublewrite}: a page torn by a power cut can't be mended, unless the file system writes pages whole";
        if (long.TryParse(server["max_allowed_packet"], CultureInfo.InvariantCulture, out var packet) && packet < LargestSnapshot)
            yield return $"max_allowed_packet is {packet}: the snapshot of a coupon of a million holders does not fit; set it to 64M";

        var semiSync = Is(server["rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled"], on: true);
        if (semiSync && Is(server["Rpl_semi_sync_source_status", "Rpl_semi_sync_master_status"], on: false))
            yield return "semi-synchronous replication has fallen back to asynchronous: what is acknowledged now is on one server only";
        if (semiSync && !Same(server["rpl_semi_sync_source_wait_point", "rpl_semi_sync_master_wait_point"], "AFTER_SYNC"))
            yield return "the wait point of semi-synchronous replication is not AFTER_SYNC: what a promoted replica lacks may have been read before";
        if (semiSync && long.TryParse(server["rpl_semi_sync_source_timeout", "rpl_semi_sync_master_timeout"], CultureInfo.InvariantCulture, out var wait)
            && wait < SemiSyncWaits.TotalMilliseconds)
        {
            yield return $"semi-synchronous replication waits for {wait} ms only, then is asynchronous; set its timeout to an hour";
        }

        var group = server["group_replication_group_name"] is { Length: > 0 };
        var galera = Is(server["wsrep_on"], on: true);
        if (server.Replicas > 0 && !semiSync && !group && !galera)
            yield return "a replica copies it asynchronously: promoted, it may lack what was acknowledged; make the replication semi-synchronous";
        if (group && Same(server["group_replication_consistency"], "EVENTUAL"))
            yield return "group_replication_consistency is EVENTUAL: a new primary answers before it has what the old one acknowledged; "
                + "set it to BEFORE_ON_PRIMARY_FAILOVER";
        if (group && Is(server["group_replication_single_primary_mode"], on: false))
            yield return "Group Replication has several primaries: writers of one coupon conflict only when they commit; use a single primary";
        if (galera && int.TryParse(server["wsrep_sync_wait"], CultureInfo.InvariantCulture, out var syncWait) && (syncWait & 1) == 0)
            yield return $"wsrep_sync_wait is {syncWait}: a node of Galera answers before it has what another one acknowledged; set it to 1";
    }

    // One says ON where the other says 1.
    private static bool Is(string? value, bool on) => value is not null && (on ? Same(value, "ON") || value == "1" : Same(value, "OFF") || value == "0");

    private static bool Same(string? value, string other) => string.Equals(value, other, StringComparison.OrdinalIgnoreCase);
}
