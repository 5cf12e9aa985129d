using System.Numerics;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Standalone.Database;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Journal;

/// <summary>One event as it stands in the journal.</summary>
/// <param name="Ordering">Its place among all events: 1, 2, 3 …</param>
/// <param name="Kind">The number of its entity's kind.</param>
/// <param name="SequenceNumber">Its place among the events of its entity: 1, 2, 3 …</param>
internal sealed record JournalRow(
    long Ordering, long Kind, long EntityId, long SequenceNumber, string Manifest, byte[] Payload, long Checksum)
{
    /// <exception cref="DamagedJournalException">The row is not as it was written.</exception>
    /// <exception cref="UnreadableMessageException">The event is unknown, or is none that can be.</exception>
    public Event Decode(EntityKind kind) => Decode(kind, out _);

    /// <inheritdoc cref="Decode(EntityKind)"/>
    /// <param name="kind">Which it must be of.</param>
    /// <param name="traceParent">The trace of its write, or null.</param>
    public Event Decode(EntityKind kind, out string? traceParent)
    {
        RequireWhole(kind);
        return kind.Decode(EntityId, SequenceNumber, Manifest, Payload, out traceParent);
    }

    /// <exception cref="DamagedJournalException">The row is not as it was written.</exception>
    public void RequireWhole(EntityKind kind)
    {
        var key = new EntityKey(kind, EntityId);
        if (Kind != kind.Number || Checksum != ChecksumOf(key, SequenceNumber, Manifest, Payload))
            throw new DamagedJournalException($"Event {SequenceNumber} of {key} is damaged: its checksum does not match.");
    }

    /// <summary>CRC-32C over everything that gives the row its meaning.</summary>
    public static long ChecksumOf(EntityKey key, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload)
    {
        var crc = uint.MaxValue;
        // Rows of coupons were written before there were kinds, and keep their sums.
        if (key.Kind != CouponKind.Instance)
            crc = BitOperations.Crc32C(crc, (uint)key.Kind.Number);
        crc = BitOperations.Crc32C(crc, (ulong)key.Id);
        crc = BitOperations.Crc32C(crc, (ulong)sequenceNumber);
        foreach (var letter in manifest)
            crc = BitOperations.Crc32C(crc, letter);
        return Crc32C.Append(crc, payload);
    }
}

/// <summary>The events that one entity wants written, in order.</summary>
/// <param name="TraceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
internal readonly record struct JournalWrite(EntityKey Key, long FirstSequenceNumber, IReadOnlyList<Event> Events, string? TraceParent = null);

/// <summary>
/// The truth: every event of every entity, in one SQLite file. A write is durable when <see cref="Append"/> returns (WAL
/// with <c>synchronous=FULL</c> syncs at each commit). Each row carries a checksum, for SQLite's pages have none.
/// One thread appends; any thread reads.
/// </summary>
internal sealed class EventJournal : IJournal, IDisposable
{
    private const int SchemaVersion = 2;
    private const int PageSizeOfReads = 1024;

    private readonly string _path;
    private readonly JournalFiles _files;
    private readonly SqliteConnection _connection;
    private readonly WriteTransaction _transaction;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _probe;
    private readonly Checkpoints _checkpoints;
    private long _lastOrdering;

    private EventJournal(string path, SqliteConnection connection, DataDirectory? directory)
    {
        _path = path;
        _connection = connection;
        _checkpoints = new Checkpoints(path, connection);
        Id = connection.Scalar<string>("SELECT journal_id FROM journal") ?? throw new StartupException($"The journal {path} has no identity: it is damaged.");
        _lastOrdering = LastOrderingIn(connection);
        _transaction = new WriteTransaction(connection);
        _insert = connection.Prepare(
            "INSERT INTO events (ordering, kind, entity_id, sequence_number, manifest, payload, checksum) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            "$1", "$2", "$3", "$4", "$5", "$6", "$7");
        _probe = connection.Prepare("UPDATE journal SET probes = probes + 1");
        // SQLite opens a file that may not be written all the same, and would say so only to the first who asks for a coupon.
        _probe.ExecuteNonQuery();
        // What a process before this one left in the log was read from the system's memory. If its fsync failed, it may lie nowhere else.
        _checkpoints.EmptyTheLog();
        _files = new JournalFiles(path, directory);
    }

    /// <summary>Tells this journal from every other, for those who remember how far in it they have come.</summary>
    public string Id { get; }

    /// <summary>The place of the last durable event; 0 when there is none.</summary>
    public long LastOrdering => Volatile.Read(ref _lastOrdering);

    /// <param name="directory">That must stay this process's own, or null.</param>
    /// <exception cref="StartupException">The file is damaged, can't be written, or is of a later version.</exception>
    public static EventJournal Open(string path, DataDirectory? directory = null)
    {
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteFile.OpenReadWrite(path, synchronous: "FULL");
            // Checkpoints are made here, to hear when one fails.
            connection.Execute("PRAGMA wal_autocheckpoint=0");
            Migrate(path, connection);
            return new EventJournal(path, connection, directory);
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            throw failure switch
            {
                SqliteException damage when damage.IsDamage() =>
                    new StartupException($"The journal {path} is damaged ({damage.Message}). Restore it from a backup.", damage),
                SqliteException sqlite => new StartupException($"The journal {path} can't be opened: {sqlite.Message}", sqlite),
                _ => failure,
            };
        }
    }

    /// <summary>Makes all of <paramref name="writes"/> durable, or none.</summary>
    /// <exception cref="SqliteException">They may or may not be durable.</exception>
    /// <exception cref="JournalLostException">They may be, in a file that nobody will find.</exception>
    public void Append(IReadOnlyList<JournalWrite> writes)
    {
        if (_checkpoints.IsDue())
            _files.Write(checkpoint: true, _checkpoints.Run);
        _files.Write(checkpoint: false, () => AppendNow(writes));
    }

    private void AppendNow(IReadOnlyList<JournalWrite> writes)
    {
        _transaction.Begin();
        try
        {
            var ordering = Insert(writes);
            _transaction.Commit();
            Volatile.Write(ref _lastOrdering, ordering);
        }
        catch
        {
            _transaction.Rollback();
            throw;
        }
    }

    /// <summary>Writes something of no meaning, to learn whether the journal can be written again.</summary>
    /// <exception cref="SqliteException">It can't.</exception>
    /// <exception cref="JournalLostException">It is not there.</exception>
    public void Probe()
    {
        Check();
        _files.Write(checkpoint: false, () => _probe.ExecuteNonQuery());
        // A write that was reported as failed may have landed all the same.
        Volatile.Write(ref _lastOrdering, LastOrderingIn(_connection));
    }

    /// <summary>Whether what this process knows is still what the journal's files say. Any thread may ask.</summary>
    /// <exception cref="JournalLostException">It is not, or can't be known.</exception>
    public void Check()
    {
        _checkpoints.RequireSynced();
        _files.Check();
    }

    /// <summary>The events of an entity after <paramref name="sequenceNumber"/>, in order.</summary>
    /// <exception cref="DamagedJournalException">An event is missing.</exception>
    public IEnumerable<JournalRow> ReadEntity(EntityKey key, long sequenceNumber)
    {
        using var connection = SqliteFile.OpenReadOnly(_path);
        using var command = connection.Prepare(
            """
            SELECT ordering, kind, entity_id, sequence_number, manifest, payload, checksum FROM events
            WHERE kind = $1 AND entity_id = $2 AND sequence_number > $3 ORDER BY sequence_number
            """,
            "$1", "$2", "$3").With(key.Kind.Number, key.Id, sequenceNumber);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var row = ReadRow(reader);
            if (row.SequenceNumber != ++sequenceNumber)
                throw DamagedJournalException.Missing(key, sequenceNumber);
            // The index says whose it is; the row itself may have forgotten.
            yield return row with { Kind = key.Kind.Number, EntityId = key.Id };
        }
    }

    /// <summary>The number of the last event of an entity; 0 if it has none.</summary>
    public long LastSequenceNumber(EntityKey key)
    {
        using var connection = SqliteFile.OpenReadOnly(_path);
        using var command = connection
            .Prepare("SELECT max(sequence_number) FROM events WHERE kind = $1 AND entity_id = $2", "$1", "$2").With(key.Kind.Number, key.Id);
        return command.ExecuteScalar() is long last ? last : 0;
    }

    /// <summary>The id of every entity of a kind that has events, from the index alone.</summary>
    public List<long> IdsOf(EntityKind kind)
    {
        using var connection = SqliteFile.OpenReadOnly(_path);
        using var command = connection.Prepare("SELECT DISTINCT entity_id FROM events INDEXED BY events_by_entity WHERE kind = $1", "$1").With(kind.Number);
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        while (reader.Read())
            ids.Add(reader.GetInt64(0));
        return ids;
    }

    /// <summary>Reads all events by their ordering; to be used by one thread.</summary>
    public OrderedReader ReadInOrder() => new(SqliteFile.OpenReadOnly(_path));

    public void Dispose()
    {
        // SQLite merges the log into the database when it closes: also into one that somebody has put there meanwhile.
        if (!_checkpoints.AllSynced || !_files.MayBeMerged())
            _checkpoints.NeverAgain();
        _files.Dispose();
        _transaction.Dispose();
        _insert.Dispose();
        _probe.Dispose();
        _connection.Dispose();
    }

    private static long LastOrderingIn(SqliteConnection connection) => connection.Scalar<long>("SELECT max(ordering) FROM events");

    private static void Migrate(string path, SqliteConnection connection)
    {
        var version = connection.Scalar<long>("PRAGMA user_version");
        if (version > SchemaVersion)
            throw new StartupException($"The journal {path} was written by a later version of this program (schema {version}, known {SchemaVersion}).");
        if (version == 0)
        {
            connection.Execute($"""
                BEGIN IMMEDIATE;
                CREATE TABLE journal (journal_id TEXT NOT NULL, probes INTEGER NOT NULL);
                INSERT INTO journal VALUES ('{Guid.NewGuid():N}', 0);
                CREATE TABLE events (
                    ordering INTEGER PRIMARY KEY,
                    entity_id INTEGER NOT NULL,
                    sequence_number INTEGER NOT NULL,
                    manifest TEXT NOT NULL,
                    payload BLOB NOT NULL,
                    checksum INTEGER NOT NULL,
                    kind INTEGER NOT NULL DEFAULT {CouponKind.Instance.Number});
                CREATE UNIQUE INDEX events_by_entity ON events (kind, entity_id, sequence_number);
                PRAGMA user_version = {SchemaVersion};
                COMMIT;
                """);
        }
        else if (version == 1)
        {
            // Every row was a coupon's. No row is rewritten, so each keeps its checksum.
            connection.Execute($"""
                BEGIN IMMEDIATE;
                DROP INDEX events_by_coupon;
                ALTER TABLE events RENAME COLUMN coupon_id TO entity_id;
                ALTER TABLE events ADD COLUMN kind INTEGER NOT NULL DEFAULT {CouponKind.Instance.Number};
                CREATE UNIQUE INDEX events_by_entity ON events (kind, entity_id, sequence_number);
                PRAGMA user_version = {SchemaVersion};
                COMMIT;
                """);
        }
    }

    private long Insert(IReadOnlyList<JournalWrite> writes)
    {
        var ordering = _lastOrdering;
        foreach (var (key, firstSequenceNumber, events, traceParent) in writes)
        {
            for (var i = 0; i < events.Count; i++)
            {
                var manifest = key.Kind.ManifestOf(events[i]);
                var payload = key.Kind.Encode(events[i], traceParent);
                _insert.With(
                    ++ordering, key.Kind.Number, key.Id, firstSequenceNumber + i, manifest, payload,
                    JournalRow.ChecksumOf(key, firstSequenceNumber + i, manifest, payload));
                _insert.ExecuteNonQuery();
            }
        }

        return ordering;
    }

    // Damage may turn a column into another type; the checksum then tells.
    private static JournalRow ReadRow(SqliteDataReader reader) => new(
        Number(reader, 0), Number(reader, 1), Number(reader, 2), Number(reader, 3), reader.GetValue(4) as string ?? "", reader.GetValue(5) as byte[] ?? [],
        Number(reader, 6));

    private static long Number(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? 0 : reader.GetInt64(column);

    /// <summary>Events by their ordering, for all who follow the journal.</summary>
    internal sealed class OrderedReader(SqliteConnection connection) : IDisposable
    {
        private readonly SqliteCommand _command = connection.Prepare(
            """
            SELECT ordering, kind, entity_id, sequence_number, manifest, payload, checksum FROM events
            WHERE ordering > $1 ORDER BY ordering LIMIT $2
            """,
            "$1", "$2");

        /// <summary>The next events after <paramref name="ordering"/>: none only if there are none.</summary>
        public List<JournalRow> ReadAfter(long ordering, int limit = PageSizeOfReads)
        {
            var rows = new List<JournalRow>(limit);
            using var reader = _command.With(ordering, limit).ExecuteReader();
            while (reader.Read())
                rows.Add(ReadRow(reader));
            return rows;
        }

        public void Dispose()
        {
            _command.Dispose();
            connection.Dispose();
        }
    }
}

/// <summary>The journal does not hold what it once held.</summary>
internal sealed class DamagedJournalException(string message) : Exception(message)
{
    public static DamagedJournalException Missing(EntityKey key, long sequenceNumber) =>
        new($"Event {sequenceNumber} of {key} is missing from the journal.");
}
