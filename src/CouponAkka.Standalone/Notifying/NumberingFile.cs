using System.Numerics;
using CouponAkka.Domain;
using CouponAkka.Engine.Notifying;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Notifying;

/// <summary>Which numbers an event has, and where in the journal it stands.</summary>
internal readonly record struct NumberedRow(EventNumbers Numbers, long Ordering, long Kind, long EntityId, long SequenceNumber);

/// <summary>
/// The numbers of notifications, in a SQLite file of its own: a row for each event of the journal, in its order, each with a checksum. One that is lost
/// comes out the same again, for the journal has one order, and how many lines an event has never changes.
/// </summary>
internal sealed class NumberingFile : IDisposable
{
    private const int SchemaVersion = 1;
    private const string Columns = "first_n, lines, unreadable_at, ordering, kind, entity_id, sequence_number, checksum";

    private readonly SqliteConnection _connection;
    private readonly WriteTransaction _transaction;
    private readonly SqliteCommand _insert;

    private NumberingFile(SqliteConnection connection)
    {
        _connection = connection;
        _transaction = new WriteTransaction(connection);
        _insert = connection.Prepare(
            $"INSERT INTO numbered_events ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8");
    }

    /// <summary>Opens it, or makes it.</summary>
    /// <exception cref="InvalidDataException">It is damaged, of another version, or of another journal.</exception>
    /// <exception cref="SqliteException">It is damaged, or can't be used.</exception>
    public static NumberingFile Open(string path, EventJournal journal)
    {
        // To lose the last moments to a power cut costs no more than to number them again.
        var connection = SqliteFile.OpenReadWrite(path, synchronous: "NORMAL");
        try
        {
            if (connection.Scalar<long>("PRAGMA user_version") == 0)
                CreateSchema(connection, journal.Id);
            RequireUseful(connection, journal);
            return new NumberingFile(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The last event that has numbers.</summary>
    /// <exception cref="InvalidDataException">The row is damaged.</exception>
    public NumberedRow? Last() => LastIn(_connection);

    public void Add(IReadOnlyList<NumberedRow> rows, Action beforeCommit)
    {
        _transaction.Begin();
        try
        {
            foreach (var row in rows)
            {
                var numbers = row.Numbers;
                _insert.With(
                    numbers.First, numbers.Lines, numbers.UnreadableAt?.UnixMicroseconds, row.Ordering, row.Kind, row.EntityId, row.SequenceNumber,
                    ChecksumOf(row)).ExecuteNonQuery();
            }

            beforeCommit();
            _transaction.Commit();
        }
        catch
        {
            _transaction.Rollback();
            throw;
        }
    }

    /// <summary>
    /// The events with the numbers after <paramref name="after"/>, of which the first may begin before; as many as have <paramref name="limit"/> lines.
    /// </summary>
    /// <exception cref="InvalidDataException">A row is damaged or missing.</exception>
    /// <exception cref="SqliteException">The file is damaged or gone.</exception>
    public static List<NumberedRow> Read(string path, long after, int limit)
    {
        using var connection = SqliteFile.OpenReadOnly(path);
        using var command = connection.Prepare(
            $"""
            SELECT {Columns} FROM numbered_events
            WHERE first_n >= (SELECT max(first_n) FROM numbered_events WHERE first_n <= $1) ORDER BY first_n LIMIT $2
            """,
            "$1", "$2").With(after + 1, limit);
        using var reader = command.ExecuteReader();
        var rows = new List<NumberedRow>();
        while ((rows.Count == 0 || rows[^1].Numbers.Last < after + limit) && reader.Read())
        {
            var row = ReadRow(reader);
            if (rows.Count > 0 && row.Numbers.First != rows[^1].Numbers.Last + 1)
                throw new InvalidDataException($"number {rows[^1].Numbers.Last + 1} is missing");
            rows.Add(row);
        }

        return rows.Count > 0 && rows[0].Numbers.Last <= after ? rows[1..] : rows;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _transaction.Dispose();
        _connection.Dispose();
    }

    private static void RequireUseful(SqliteConnection connection, EventJournal journal)
    {
        if (connection.Scalar<long>("PRAGMA user_version") is not SchemaVersion and var version)
            throw new InvalidDataException($"its schema is {version} and this program's is {SchemaVersion}");
        if (connection.Scalar<string>("SELECT journal_id FROM numbering") != journal.Id)
            throw new InvalidDataException("it was begun beside another journal");
        if (LastIn(connection) is not { } last)
            return;
        if (last.Ordering > journal.LastOrdering)
            throw new InvalidDataException($"it has numbered event {last.Ordering}, and the journal ends at event {journal.LastOrdering}");
        using var events = journal.ReadInOrder();
        if (events.ReadAfter(last.Ordering - 1, 1) is [var row]
            && (row.Ordering, row.Kind, row.EntityId, row.SequenceNumber) != (last.Ordering, last.Kind, last.EntityId, last.SequenceNumber))
        {
            throw new InvalidDataException($"event {last.Ordering} is another one in the journal");
        }
    }

    private static NumberedRow? LastIn(SqliteConnection connection)
    {
        using var command = connection.Prepare($"SELECT {Columns} FROM numbered_events ORDER BY first_n DESC LIMIT 1");
        using var reader = command.ExecuteReader();
        return reader.Read() ? ReadRow(reader) : null;
    }

    private static NumberedRow ReadRow(SqliteDataReader reader)
    {
        var unreadableAt = reader.GetValue(2) is long at ? new Timestamp(at) : (Timestamp?)null;
        var row = new NumberedRow(
            new EventNumbers(Number(reader, 0), (int)Number(reader, 1), unreadableAt),
            Number(reader, 3), Number(reader, 4), Number(reader, 5), Number(reader, 6));
        return Number(reader, 7) == ChecksumOf(row) ? row : throw new InvalidDataException("a row is damaged: its checksum does not match");
    }

    // Damage may turn a column into another type.
    private static long Number(SqliteDataReader reader, int column) => reader.GetValue(column) is long number ? number : -1;

    private static long ChecksumOf(NumberedRow row)
    {
        var crc = uint.MaxValue;
        var (first, lines, unreadableAt) = row.Numbers;
        foreach (var value in (ReadOnlySpan<long>)
            [first, lines, unreadableAt?.UnixMicroseconds ?? long.MinValue, row.Ordering, row.Kind, row.EntityId, row.SequenceNumber])
        {
            crc = BitOperations.Crc32C(crc, (ulong)value);
        }

        return crc;
    }

    private static void CreateSchema(SqliteConnection connection, string journalId) => connection.Execute($"""
        BEGIN IMMEDIATE;
        CREATE TABLE numbering (journal_id TEXT NOT NULL);
        INSERT INTO numbering VALUES ('{journalId}');
        CREATE TABLE numbered_events (
            first_n INTEGER PRIMARY KEY,
            lines INTEGER NOT NULL,
            unreadable_at INTEGER,
            ordering INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            entity_id INTEGER NOT NULL,
            sequence_number INTEGER NOT NULL,
            checksum INTEGER NOT NULL);
        PRAGMA user_version = {SchemaVersion};
        COMMIT;
        """);
}
