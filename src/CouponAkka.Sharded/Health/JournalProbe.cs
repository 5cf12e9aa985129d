using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using MySqlConnector;

namespace CouponAkka.Sharded.Health;

/// <summary>
/// Tries whether the journal's database can be written, and looks at what answers: on connections of its own, so that what hangs elsewhere does not hide it.
/// </summary>
internal sealed class JournalProbe
{
    /// <summary>What takes longer than this is no answer.</summary>
    public static readonly TimeSpan Expected = TimeSpan.FromSeconds(2);

    private const int EntitiesAtOnce = 1_000;

    private readonly string _connectionString;
    private readonly string _node;

    /// <param name="node">The name of the row that it writes: no other process may have the same.</param>
    public JournalProbe(CouponDatabase database, string node)
    {
        _node = node;
        _connectionString = database.ConnectionStringFor("couponakka journal watch", Expected);
    }

    /// <summary>Writes the beat, durably.</summary>
    /// <exception cref="MySqlException">It can't be written; a server that is read-only says so.</exception>
    /// <exception cref="OperationCanceledException">There is no answer in time.</exception>
    public async Task<JournalBeat> WriteAsync(long beat)
    {
        using var late = new CancellationTokenSource(Expected);
        await using var connection = new MySqlConnection(_connectionString);
        await connection.OpenAsync(late.Token);
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT MAX(beat) FROM journal_watch WHERE node = @node;
            SHOW GLOBAL VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'hostname', 'port', 'server_id');
            INSERT INTO journal_watch (node, beat, written) VALUES (@node, @beat, UTC_TIMESTAMP(6))
                ON DUPLICATE KEY UPDATE beat = @beat, written = UTC_TIMESTAMP(6)
            """;
        command.Parameters.AddWithValue("node", _node);
        command.Parameters.AddWithValue("beat", beat);
        await using var reader = await command.ExecuteReaderAsync(late.Token);
        await reader.ReadAsync(late.Token);
        var found = await reader.IsDBNullAsync(0, late.Token) ? 0 : reader.GetInt64(0);
        await reader.NextResultAsync(late.Token);
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadAsync(late.Token))
            names[reader.GetString(0)] = reader.GetString(1);
        // The write comes last; only now it is known to have succeeded.
        await reader.NextResultAsync(late.Token);
        return new(beat, found, new ServerSettings(names).Identity);
    }

    /// <summary>The settings of the server on which durability rests.</summary>
    /// <exception cref="MySqlException">It can't be asked.</exception>
    public async Task<ServerSettings> ReadSettingsAsync()
    {
        using var late = new CancellationTokenSource(Expected);
        await using var connection = new MySqlConnection(_connectionString);
        await connection.OpenAsync(late.Token);
        return await ServerSettings.ReadAsync(connection, late.Token);
    }

    /// <summary>The entities of which the journal holds less than that, and up to where it holds them.</summary>
    /// <exception cref="MySqlException">It can't be asked.</exception>
    public async Task<IReadOnlyList<LostEvents>> CompareAsync(IReadOnlyDictionary<EntityKey, long> durable)
    {
        var lost = new List<LostEvents>();
        await using var connection = new MySqlConnection(_connectionString);
        await connection.OpenAsync();
        foreach (var some in durable.Chunk(EntitiesAtOnce))
        {
            await using var command = connection.CreateCommand();
            // Ids are numbers, and names made of them: nothing is to be quoted.
            var ids = string.Join("','", some.Select(entity => PersistenceIds.Of(entity.Key)));
            command.CommandText = $"SELECT persistence_id, MAX(sequence_number) FROM journal WHERE persistence_id IN ('{ids}') GROUP BY persistence_id";
            var held = new Dictionary<string, long>(StringComparer.Ordinal);
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    held[reader.GetString(0)] = reader.GetInt64(1);
            }

            lost.AddRange(
                from entity in some
                let end = held.GetValueOrDefault(PersistenceIds.Of(entity.Key))
                where end < entity.Value
                select new LostEvents(entity.Key, end, entity.Value));
        }

        return lost;
    }
}

/// <summary>What a beat has found.</summary>
/// <param name="Beat">It is durable now.</param>
/// <param name="Found">The one that was there before; 0 if none.</param>
/// <param name="Server">Which server it was.</param>
internal sealed record JournalBeat(long Beat, long Found, string Server);

/// <summary>The journal of an entity ends before what was seen durable.</summary>
internal sealed record LostEvents(EntityKey Entity, long JournalEnd, long Durable);
