using CouponAkka.Standalone.Database;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CouponAkka.Standalone.Journal;

/// <summary>
/// Copies the log into the database, as SQLite does by itself, but hears when the disk fails. After an fsync that failed, the system takes what was not
/// written for written, so the next fsync proves nothing. Of a commit SQLite writes all again; of a checkpoint that was made in parts it does not, and then
/// reuses the log, the only place that still has it. So then nothing more is merged by this process; the next one merges all of the log anew.
/// </summary>
internal sealed class Checkpoints(string path, SqliteConnection connection)
{
    // SQLite's numbers: https://www.sqlite.org/c3ref/c_dbstatus_options.html, .../c_dbconfig_defensive.html, .../rescode.html
    private const int PagesWritten = 9; // SQLITE_DBSTATUS_CACHE_WRITE
    private const int NoneOnClose = 1006; // SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
    private const int SyncFailed = 1034; // SQLITE_IOERR_FSYNC

    private long _pagesInLog;
    private volatile bool _failed;

    public bool AllSynced => !_failed;

    /// <summary>So much has been written since the last one that the next write is to begin with one.</summary>
    public bool IsDue()
    {
        raw.sqlite3_db_status(connection.Handle, PagesWritten, out var written, out _, resetFlg: 1);
        return (_pagesInLog += written) >= SqliteFile.PagesBeforeCheckpoint;
    }

    /// <summary>Copies what no reader needs in the log.</summary>
    /// <exception cref="JournalLostException">The disk took it and did not keep it.</exception>
    public void Run()
    {
        RequireSynced();
        // Any other failure leaves the log as it is, and the next write tries again.
        if (TryRun(raw.SQLITE_CHECKPOINT_PASSIVE, out var all) && all)
            _pagesInLog = 0;
    }

    /// <exception cref="SqliteException">It can't be emptied.</exception>
    public void EmptyTheLog()
    {
        // Somebody who reads keeps it from being cut, which does not matter once all of it is copied.
        if (!TryRun(raw.SQLITE_CHECKPOINT_TRUNCATE, out var all) && !all)
            SqliteException.ThrowExceptionForRC(raw.sqlite3_extended_errcode(connection.Handle), connection.Handle);
    }

    /// <exception cref="JournalLostException">An fsync of the database has failed.</exception>
    public void RequireSynced()
    {
        if (_failed)
            throw new JournalLostException($"The disk failed to sync {path}, so what it holds is not known.");
    }

    /// <summary>The log is left as it is when the connection is closed.</summary>
    public void NeverAgain() => raw.sqlite3_db_config(connection.Handle, NoneOnClose, 1, out _);

    private bool TryRun(int mode, out bool all)
    {
        var result = raw.sqlite3_wal_checkpoint_v2(connection.Handle, "main", mode, out var inLog, out var copied);
        all = inLog >= 0 && inLog == copied;
        if (result == raw.SQLITE_OK)
            return true;
        _failed |= raw.sqlite3_extended_errcode(connection.Handle) == SyncFailed;
        RequireSynced();
        return false;
    }
}
