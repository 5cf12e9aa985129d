using CouponAkka.Engine;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.ReadModel;

/// <summary>
/// The read model's SQLite file. It holds nothing that the journal does not, so it is made anew when it is missing,
/// damaged or of another version. One that has seen what the journal does not hold stops the start: the wrong journal may lie there.
/// </summary>
internal static partial class ReadModelFile
{
    private const int SchemaVersion = 4;

    /// <summary>Opens the file for its one writer.</summary>
    /// <exception cref="StartupException">It has seen more than the journal holds, or another journal, or it can't be written.</exception>
    public static SqliteConnection Open(string path, EventJournal journal, ILogger log)
    {
        var existed = File.Exists(path);
        try
        {
            var connection = OpenOrCreate(path, journal, out var whyRebuilt);
            if (whyRebuilt is not null)
            {
                connection.Dispose();
                LogRebuilt(log, path, whyRebuilt);
                SqliteFile.Delete(path);
                connection = OpenOrCreate(path, journal, out _);
            }
            else if (!existed)
            {
                LogCreated(log, path, journal.LastOrdering);
            }

            return connection;
        }
        catch (SqliteException failure)
        {
            throw new StartupException($"The read model {path} can't be opened: {failure.Message}", failure);
        }
    }

    /// <summary>The files that SQLite has open, in the order of their importance.</summary>
    /// <exception cref="JournalLostException">One of them is not there.</exception>
    public static FileStamp[] Stamps(string path) => [FileStamp.Of(path), FileStamp.Of(path + "-wal"), FileStamp.Of(path + "-shm")];

    private static SqliteConnection OpenOrCreate(string path, EventJournal journal, out string? whyRebuilt)
    {
        SqliteConnection? connection = null;
        try
        {
            connection = OpenForWriting(path);
            var version = connection.Scalar<long>("PRAGMA user_version");
            if (version == 0)
                CreateSchema(connection, journal.Id);
            else if (version == SchemaVersion)
                RequireSeenFromThisJournal(path, connection, journal);
            whyRebuilt = version is not (0 or SchemaVersion) ? $"its schema is {version} and this program's is {SchemaVersion}"
                : !IsOf(journal, connection) ? "it was begun beside another journal"
                : null;
        }
        catch (SqliteException damage) when (damage.IsDamage())
        {
            connection?.Dispose();
            SqliteFile.Delete(path);
            connection = OpenForWriting(path);
            whyRebuilt = damage.Message;
        }

        return connection;
    }

    private static SqliteConnection OpenForWriting(string path)
    {
        // The journal is the truth and the read model remembers how far it has come, so losing its last moments to a power cut costs nothing.
        var connection = SqliteFile.OpenReadWrite(path, synchronous: "NORMAL");
        // 64 MiB at most: users come in random order, and SQLite's own 2 MiB would read the index's pages again and again.
        connection.Execute("PRAGMA cache_size = -65536");
        return connection;
    }

    // A journal that is lost, restored from an old backup, or damaged at its end would take back what people were told. Whoever runs this must say so.
    private static void RequireSeenFromThisJournal(string path, SqliteConnection connection, EventJournal journal)
    {
        var position = connection.Scalar<long>("SELECT ordering FROM projection_position");
        var isOfThisJournal = IsOf(journal, connection);
        if (position == 0 || (position <= journal.LastOrdering && isOfThisJournal))
            return;
        connection.Dispose();
        throw new StartupException(
            position > journal.LastOrdering
                ? $"The journal ends at event {journal.LastOrdering}, but the read model has seen event {position}: the journal has lost events that people "
                    + $"were told of. Restore the journal; or delete {path} to go on without them."
                : $"The journal is not the one that the read model has seen {position} events of: put the right one back; or, if it is the right one, delete {path}.");
    }

    private static bool IsOf(EventJournal journal, SqliteConnection connection) =>
        connection.Scalar<string>("SELECT journal_id FROM projection_position") == journal.Id;

    // Tables, columns and indexes are called and keyed as in the other engine's Database/Migrations, but where it stands which journal was read.
    private static void CreateSchema(SqliteConnection connection, string journalId) => connection.Execute($"""
        BEGIN IMMEDIATE;
        CREATE TABLE coupons (
            id INTEGER PRIMARY KEY,
            title TEXT NOT NULL,
            coupon_type TEXT NOT NULL,
            total_quantity INTEGER,
            issued_quantity INTEGER NOT NULL,
            discount_amount INTEGER NOT NULL,
            min_available_amount INTEGER NOT NULL,
            vendor_id INTEGER,
            date_issue_start INTEGER NOT NULL,
            date_issue_end INTEGER NOT NULL,
            date_created INTEGER NOT NULL,
            date_updated INTEGER NOT NULL,
            stopped INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE coupon_issues (
            coupon_id INTEGER NOT NULL,
            user_id INTEGER NOT NULL,
            ticket INTEGER NOT NULL,
            date_issued INTEGER NOT NULL,
            date_used INTEGER,
            date_created INTEGER NOT NULL,
            date_updated INTEGER NOT NULL,
            PRIMARY KEY (coupon_id, ticket)) WITHOUT ROWID;
        CREATE UNIQUE INDEX coupon_issues_by_user ON coupon_issues (coupon_id, user_id);
        CREATE INDEX coupon_issues_of_user ON coupon_issues (user_id, date_issued, coupon_id);
        CREATE TABLE projection_progress (coupon_id INTEGER PRIMARY KEY, sequence_number INTEGER NOT NULL, parked_because TEXT);
        CREATE TABLE entity_views (
            kind INTEGER NOT NULL,
            entity_id INTEGER NOT NULL,
            sequence_number INTEGER NOT NULL,
            parked_because TEXT,
            view TEXT,
            PRIMARY KEY (kind, entity_id)) WITHOUT ROWID;
        CREATE INDEX entity_views_parked ON entity_views (kind, entity_id) WHERE parked_because IS NOT NULL;
        CREATE TABLE list_lines (
            list TEXT NOT NULL,
            owner INTEGER NOT NULL,
            position INTEGER NOT NULL,
            line TEXT NOT NULL,
            PRIMARY KEY (list, owner, position)) WITHOUT ROWID;
        CREATE TABLE projection_position (journal_id TEXT NOT NULL, ordering INTEGER NOT NULL);
        INSERT INTO projection_position VALUES ('{journalId}', 0);
        PRAGMA user_version = {SchemaVersion};
        COMMIT;
        """);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The read model {Path} is made anew from the journal: {Reason}.")]
    private static partial void LogRebuilt(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The read model {Path} is new; {Events} events of the journal are projected into it.")]
    private static partial void LogCreated(ILogger logger, string path, long events);
}
