using System.Data;
using CouponAkka.Sharded.Database;
using MySqlConnector;

namespace CouponAkka.Sharded.Membership;

/// <summary>Who the cluster is, as the database has it: a row of each node, and one that says which cluster is the current one.</summary>
internal sealed class MemberTable(CouponDatabase database)
{
    /// <summary>What takes longer than this is no answer.</summary>
    public static readonly TimeSpan Expected = TimeSpan.FromSeconds(2);

    private const string Look =
        """
        SELECT cluster_id FROM cluster_now;
        SELECT address, uid, roles, cluster_id, beat, downed FROM cluster_member
        """;

    private const string Write =
        """
        INSERT INTO cluster_member (address, uid, roles, cluster_id, beat, seen) VALUES (@address, @uid, @roles, @cluster, @beat, UTC_TIMESTAMP(6))
            ON DUPLICATE KEY UPDATE downed = downed AND uid = @uid, uid = @uid, roles = @roles, cluster_id = @cluster, beat = @beat, seen = UTC_TIMESTAMP(6)
        """;

    private readonly string _connectionString = database.ConnectionStringFor("couponakka members", Expected);

    /// <summary>What the tables hold.</summary>
    /// <exception cref="MySqlException">The database can't be asked.</exception>
    /// <exception cref="OperationCanceledException">There is no answer in time.</exception>
    public Task<ClusterSeen> LookAsync() => InTimeAsync((connection, cancel) => ReadAsync(connection, Look, null, cancel));

    /// <summary>Writes a node's row, and returns what the tables hold then.</summary>
    /// <inheritdoc cref="LookAsync" path="/exception"/>
    public Task<ClusterSeen> BeatAsync(MemberRow node) => InTimeAsync((connection, cancel) => ReadAsync(connection, $"{Write}; {Look}", node, cancel));

    /// <summary>
    /// Makes a node's cluster the current one, with it as the only member, unless anything but its own row has changed since
    /// <paramref name="seen"/>. Of several that try at once, one succeeds.
    /// </summary>
    /// <returns>Whether it is.</returns>
    /// <inheritdoc cref="LookAsync" path="/exception"/>
    public Task<bool> TryFoundAsync(MemberRow founder, ClusterSeen seen) => InTimeAsync(async (connection, cancel) =>
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancel);
        await using var hold = new MySqlCommand("SELECT cluster_id FROM cluster_now FOR UPDATE", connection, transaction);
        await hold.ExecuteScalarAsync(cancel);
        var now = await ReadAsync(connection, Look, null, cancel, transaction);
        if (now.ClusterId != seen.ClusterId || !now.MembersBut(founder.Address).SequenceEqual(seen.MembersBut(founder.Address)))
            return false;
        await using var found = Command(
            connection,
            $"DELETE FROM cluster_member; {Write}; UPDATE cluster_now SET cluster_id = @cluster, founder = @address, founded = UTC_TIMESTAMP(6)",
            founder,
            transaction);
        await found.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        return true;
    });

    /// <summary>Notes that a process was removed from the cluster: if it lives, it sees that and ends.</summary>
    /// <inheritdoc cref="LookAsync" path="/exception"/>
    public Task DownedAsync(string address, int uid) => InTimeAsync(async (connection, cancel) =>
    {
        await using var downed = new MySqlCommand("UPDATE cluster_member SET downed = TRUE WHERE address = @address AND uid = @uid", connection);
        downed.Parameters.AddWithValue("address", address);
        downed.Parameters.AddWithValue("uid", uid);
        return await downed.ExecuteNonQueryAsync(cancel);
    });

    /// <summary>Takes a node's row away: it has left, and nobody needs to wait and see.</summary>
    /// <inheritdoc cref="LookAsync" path="/exception"/>
    public Task LeaveAsync(MemberRow node) => InTimeAsync(async (connection, cancel) =>
    {
        await using var leave = Command(connection, "DELETE FROM cluster_member WHERE address = @address AND uid = @uid", node, null);
        return await leave.ExecuteNonQueryAsync(cancel);
    });

    private async Task<T> InTimeAsync<T>(Func<MySqlConnection, CancellationToken, Task<T>> work)
    {
        using var late = new CancellationTokenSource(Expected);
        await using var connection = new MySqlConnection(_connectionString);
        await connection.OpenAsync(late.Token);
        return await work(connection, late.Token);
    }

    private static async Task<ClusterSeen> ReadAsync(
        MySqlConnection connection, string sql, MemberRow? node, CancellationToken cancel, MySqlTransaction? transaction = null)
    {
        await using var command = Command(connection, sql, node, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var clusterId = await reader.ReadAsync(cancel) && !await reader.IsDBNullAsync(0, cancel) ? reader.GetString(0) : null;
        await reader.NextResultAsync(cancel);
        var members = new List<MemberRow>();
        while (await reader.ReadAsync(cancel))
            members.Add(new(reader.GetString(0), reader.GetInt32(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetBoolean(5)));
        return new(clusterId, members);
    }

    private static MySqlCommand Command(MySqlConnection connection, string sql, MemberRow? node, MySqlTransaction? transaction)
    {
        var command = new MySqlCommand(sql, connection, transaction);
        if (node is null)
            return command;
        command.Parameters.AddWithValue("address", node.Address);
        command.Parameters.AddWithValue("uid", node.Uid);
        command.Parameters.AddWithValue("roles", node.Roles);
        command.Parameters.AddWithValue("cluster", node.ClusterId);
        command.Parameters.AddWithValue("beat", node.Beat);
        return command;
    }
}

/// <summary>A node's row.</summary>
/// <param name="Address">Where the others reach it: <c>host:port</c>.</param>
/// <param name="Uid">Akka's number of this process: one that comes back on the address has another.</param>
/// <param name="Roles">With comma between.</param>
/// <param name="Beat">Counts up as long as the node lives and can write.</param>
/// <param name="Downed">The others have removed it.</param>
internal sealed record MemberRow(string Address, int Uid, string Roles, string ClusterId, long Beat, bool Downed = false);

/// <summary>What the tables held at one look.</summary>
/// <param name="ClusterId">The current cluster's; null before the first.</param>
/// <param name="Members">The rows of all clusters' nodes, living and dead, by address.</param>
internal sealed record ClusterSeen(string? ClusterId, IReadOnlyList<MemberRow> Members)
{
    /// <summary>Those of the current cluster that were not removed from it, but for one.</summary>
    public IEnumerable<MemberRow> MembersBut(string address) =>
        Members.Where(member => member.ClusterId == ClusterId && !member.Downed && member.Address != address)
            .OrderBy(member => member.Address, StringComparer.Ordinal);
}
