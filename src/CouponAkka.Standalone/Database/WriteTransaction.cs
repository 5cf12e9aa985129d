using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CouponAkka.Standalone.Database;

/// <summary>
/// One write transaction after another on one connection. A full or failing disk makes SQLite roll back by itself, which
/// <see cref="SqliteTransaction"/> takes for an error of its own: it hides why, and the connection is of no use any more.
/// </summary>
internal sealed class WriteTransaction(SqliteConnection connection) : IDisposable
{
    private readonly SqliteCommand _begin = connection.Prepare("BEGIN IMMEDIATE");
    private readonly SqliteCommand _commit = connection.Prepare("COMMIT");
    private readonly SqliteCommand _rollback = connection.Prepare("ROLLBACK");

    public void Begin() => _begin.ExecuteNonQuery();

    public void Commit() => _commit.ExecuteNonQuery();

    /// <summary>Undoes what was begun, unless SQLite has done so already.</summary>
    public void Rollback()
    {
        if (raw.sqlite3_get_autocommit(connection.Handle) == 0)
            _rollback.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _rollback.Dispose();
    }
}
