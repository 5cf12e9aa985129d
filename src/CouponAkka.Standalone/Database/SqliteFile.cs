using CouponAkka.Engine;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Database;

/// <summary>What every SQLite file of ours has in common.</summary>
internal static class SqliteFile
{
    // SQLite's result codes: https://www.sqlite.org/rescode.html
    public const int Corrupt = 11;
    public const int Constraint = 19;
    private const int NotADatabase = 26;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Full = 13;
    private const int CantOpen = 14;

    // A checkpoint copies each page once however often it was written, so a long log makes fewer of them, and fewer stalls. 32 MiB.
    public const int PagesBeforeCheckpoint = 8_192;

    public static SqliteConnection OpenReadWrite(string path, string synchronous)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute($"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; PRAGMA wal_autocheckpoint={PagesBeforeCheckpoint}");
            // On macOS a plain fsync leaves what was written in the disk's own memory. Elsewhere it changes nothing.
            if (synchronous == "FULL")
                connection.Execute("PRAGMA fullfsync=ON");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static SqliteConnection OpenReadOnly(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    /// <summary>Removes a database with what belongs to it.</summary>
    public static void Delete(string path)
    {
        foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
            File.Delete(path + suffix);
    }

    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row, or the type's default where there is none.</summary>
    public static T? Scalar<T>(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is { } value and not DBNull ? (T)value : default;
    }

    /// <summary>A statement that is compiled once and run many times.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
            command.Parameters.Add(new SqliteParameter { ParameterName = name, Value = DBNull.Value });
        return command;
    }

    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    /// <summary>The file's content is damaged, or it is no database at all.</summary>
    public static bool IsDamage(this SqliteException failure) => failure.SqliteErrorCode is Corrupt or NotADatabase;

    /// <summary>What has failed, for everybody: in our words, for SQLite's own may hold SQL. The log has those.</summary>
    public static string Explain(this Exception failure) => failure switch
    {
        SqliteException { SqliteErrorCode: Full } => "The disk is full.",
        SqliteException { SqliteErrorCode: InputOutput } => "The disk fails (I/O error).",
        SqliteException { SqliteErrorCode: ReadOnly } => "The file can't be written: it is read-only.",
        SqliteException { SqliteErrorCode: CantOpen } => "The file can't be opened.",
        SqliteException { SqliteErrorCode: Busy or Locked } => "Another program holds the file locked.",
        SqliteException sqlite => sqlite.IsDamage() ? "The file is damaged." : $"SQLite fails with code {sqlite.SqliteErrorCode}; the log has more.",
        StartupException { InnerException: SqliteException sqlite } => sqlite.Explain(),
        JournalLostException or StartupException => failure.Message,
        _ => "It fails; the log has more.",
    };
}
