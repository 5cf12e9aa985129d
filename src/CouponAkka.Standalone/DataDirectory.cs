namespace CouponAkka.Standalone;

/// <summary>Where everything durable lies. One process at a time holds it, until it ends in whatever way.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    public string Journal => System.IO.Path.Combine(Path, "journal.db");

    public string ReadModel => System.IO.Path.Combine(Path, "readmodel.db");

    public string Snapshots => System.IO.Path.Combine(Path, "snapshots");

    /// <exception cref="StartupException">The directory can't be made or written, or another process holds it.</exception>
    public static DataDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(path);
            var lockFile = System.IO.Path.Combine(path, "lock");
            // The operating system lets go of it when the process ends, kill -9 and all.
            return new DataDirectory(path, new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
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

    public void Dispose() => _lock.Dispose();

    // EWOULDBLOCK of Linux and of macOS, and ERROR_SHARING_VIOLATION of Windows. Anything else is trouble with the directory itself.
    private static bool IsHeldByAnother(IOException failure) => (failure.HResult & 0xFFFF) is 11 or 35 or 32;
}
