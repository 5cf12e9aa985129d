using System.Buffers.Binary;
using CouponAkka.Standalone.Database;
using Microsoft.Win32.SafeHandles;

namespace CouponAkka.Standalone.Journal;

/// <summary>
/// Notices that the journal's files are no longer those that SQLite has open, or that somebody else has written to them. SQLite itself
/// would go on with a file that nobody will ever find again. Nothing here opens the database or its index: closing either would
/// take SQLite's own locks away, for POSIX gives a process only one of each.
/// </summary>
internal sealed class JournalFiles : IDisposable
{
    private const int HeaderLength = 32;
    private const uint Magic = 0x377F0682; // of a log's header, the lowest bit left out: https://www.sqlite.org/fileformat.html#walformat

    private readonly string _databasePath;
    private readonly string _logPath;
    private readonly string _indexPath;
    private readonly DataDirectory? _directory;
    private readonly SafeFileHandle _openLog;
    private readonly FileStamp _index;
    private readonly Lock _gate = new();
    private FileStamp _database;
    private FileStamp _log;
    // Our own writing changes them now, or has, and we could not look at what it left.
    private bool _writing;
    private bool _checkpointing;

    /// <param name="databasePath">Open, with its log and its index beside it.</param>
    /// <param name="directory">That must stay this process's own, or null.</param>
    public JournalFiles(string databasePath, DataDirectory? directory)
    {
        _databasePath = databasePath;
        _logPath = databasePath + "-wal";
        _indexPath = databasePath + "-shm";
        _directory = directory;
        _openLog = File.OpenHandle(_logPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _database = FileStamp.Of(databasePath);
        _log = FileStamp.Of(_logPath);
        _index = FileStamp.Of(_indexPath);
    }

    /// <exception cref="JournalLostException">They are not, or who may read them has changed.</exception>
    public void Check()
    {
        _directory?.EnsureHeld();
        lock (_gate)
            RequireOurs(FileStamp.Of(_databasePath), FileStamp.Of(_logPath));
        foreach (var path in (ReadOnlySpan<string>)[_databasePath, _logPath, _indexPath])
            FileStamp.RequireReadable(path);
    }

    /// <summary>Runs what changes the log, or the database too; looks before and after it.</summary>
    /// <exception cref="JournalLostException">What was written may be nowhere.</exception>
    public void Write(bool checkpoint, Action write)
    {
        lock (_gate)
        {
            // Of the rest nobody else's change can hide behind ours.
            RequireLog(FileStamp.Of(_logPath));
            _writing = true;
            _checkpointing |= checkpoint;
        }

        try
        {
            write();
        }
        catch
        {
            Settle();
            throw;
        }

        Settle();
    }

    /// <summary>
    /// What this process has written may be copied from the log into the database: both are as it left them, if only by their open handles.
    /// </summary>
    public bool MayBeMerged()
    {
        try
        {
            lock (_gate)
            {
                RequireDatabase(FileStamp.Of(_databasePath));
                RequireLog(FileStamp.Of(_openLog));
                return true;
            }
        }
        catch (JournalLostException)
        {
            return false;
        }
    }

    public void Dispose() => _openLog.Dispose();

    private void Settle()
    {
        _directory?.EnsureHeld();
        lock (_gate)
        {
            var database = FileStamp.Of(_databasePath);
            var log = FileStamp.Of(_logPath);
            RequireOurs(database, log);
            _database = database;
            _log = log;
            _writing = false;
            _checkpointing = false;
        }
    }

    private void RequireOurs(FileStamp database, FileStamp log)
    {
        RequireDatabase(database);
        RequireLog(log);
        RequireSame(_indexPath, FileStamp.Of(_indexPath), _index);
    }

    private void RequireDatabase(FileStamp found)
    {
        RequireSame(_databasePath, found, _database);
        if (found != _database && !_checkpointing)
            throw new JournalLostException($"{_databasePath} has been written to by somebody else.");
    }

    private void RequireLog(FileStamp found)
    {
        RequireSame(_logPath, found, _log);
        if (found.Length < _log.Length || (found.Length > 0 && !HasHeader()))
            throw new JournalLostException($"{_logPath} has been cut.");
        if (found != _log && !_writing)
            throw new JournalLostException($"{_logPath} has been written to by somebody else.");
    }

    private static void RequireSame(string path, FileStamp found, FileStamp known)
    {
        if (!found.IsSameFileAs(known))
            throw new JournalLostException($"{path} is another file than the one that is open.");
    }

    // A log that was cut to nothing and then written on by us is long again, but begins with nothing.
    private bool HasHeader()
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        return RandomAccess.Read(_openLog, header, 0) == HeaderLength && (BinaryPrimitives.ReadUInt32BigEndian(header) & ~1u) == Magic;
    }
}

/// <summary>The journal's files can't be relied on: nothing is told that rests on them. Its message says what was found.</summary>
internal sealed class JournalLostException(string message, Exception? cause = null) : Exception(message, cause);
