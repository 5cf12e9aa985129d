using CouponAkka.Engine;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Database;

/// <summary>Where everything durable lies. One process at a time holds it, until it ends in whatever way.</summary>
internal sealed partial class DataDirectory : IDisposable
{
    private readonly ILogger _log;
    private readonly string _lockFile;
    private readonly Lock _gate = new();
    private FileStream _lock;
    private FileStamp _held;

    private DataDirectory(string path, string lockFile, FileStream @lock, ILogger log)
    {
        Path = path;
        _lockFile = lockFile;
        _lock = @lock;
        _held = FileStamp.Of(lockFile);
        _log = log;
    }

    public string Path { get; }

    public string Journal => System.IO.Path.Combine(Path, "journal.db");

    public string ReadModel => System.IO.Path.Combine(Path, "readmodel.db");

    public string Reactions => System.IO.Path.Combine(Path, "reactions.db");

    public string Notifications => System.IO.Path.Combine(Path, "notifications.db");

    public string Webhooks => System.IO.Path.Combine(Path, "webhooks.db");

    public string Snapshots => System.IO.Path.Combine(Path, "snapshots");

    /// <exception cref="StartupException">The directory can't be made or written, another process holds it, or its file system keeps no locks.</exception>
    public static DataDirectory Open(string path, ILogger log)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            var lockFile = System.IO.Path.Combine(path, "lock");
            var held = new DataDirectory(path, lockFile, Take(lockFile), log);
            held.RequireThatLocksHold();
            return held;
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new StartupException($"The data directory {path} can't be written: {denied.Message}", denied);
        }
        catch (IOException failure) when (IsHeldByAnother(failure))
        {
            throw new StartupException($"Another process uses the data directory {path}; stop it first, or give --data another one.", failure);
        }
        catch (IOException failure)
        {
            throw new StartupException($"The data directory {path} can't be used: {failure.Message}", failure);
        }
    }

    /// <summary>A lock on a file that was removed keeps nobody away, so it is taken again, unless another process was faster.</summary>
    /// <exception cref="JournalLostException">One was, or the directory is not there.</exception>
    public void EnsureHeld()
    {
        lock (_gate)
        {
            if (IsAtItsPlace())
                return;
            try
            {
                var again = Take(_lockFile);
                _lock.Dispose();
                _lock = again;
                _held = FileStamp.Of(_lockFile);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new JournalLostException(
                    IsHeldByAnother(failure) ? $"Another process has taken the data directory {Path}." : $"The lock {_lockFile} is gone, and can't be taken again: {failure.Message}",
                    failure);
            }
        }

        LogLockTakenAgain(_lockFile);
    }

    public void Dispose() => _lock.Dispose();

    // The operating system lets go of it when the process ends, kill -9 and all.
    private static FileStream Take(string lockFile) => new(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private bool IsAtItsPlace()
    {
        try
        {
            return FileStamp.Of(_lockFile).IsSameFileAs(_held);
        }
        catch (JournalLostException)
        {
            return false;
        }
    }

    // .NET takes no notice where a file system knows no locks, or they are switched off: a second handle then gets what the first one has.
    private void RequireThatLocksHold()
    {
        try
        {
            using var second = Take(_lockFile);
        }
        catch (IOException refused) when (IsHeldByAnother(refused))
        {
            if (!OperatingSystem.IsWindows() && new DriveInfo(Path) is { DriveType: DriveType.Network, DriveFormat: var format })
                LogNetwork(Path, format);
            return;
        }

        Dispose();
        throw new StartupException(
            $"The data directory {Path} can't be locked, so a second process could issue the same coupons: put it on a local disk, and don't set "
            + "DOTNET_SYSTEM_IO_DISABLEFILELOCKING.");
    }

    // EWOULDBLOCK of Linux and of macOS, and ERROR_SHARING_VIOLATION of Windows. Anything else is trouble with the directory itself.
    private static bool IsHeldByAnother(Exception failure) => failure is IOException && (failure.HResult & 0xFFFF) is 11 or 35 or 32;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lock {Path} was removed, and is taken again. Leave it alone: it keeps a second process away.")]
    private partial void LogLockTakenAgain(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The data directory {Path} is on a network file system ({Format}), where neither locks nor SQLite's log can be relied on. Put it on a local disk.")]
    private partial void LogNetwork(string path, string format);
}
