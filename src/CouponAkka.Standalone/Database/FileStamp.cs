using System.Runtime.InteropServices;
using System.Text;
using CouponAkka.Standalone.Journal;
using Microsoft.Win32.SafeHandles;

namespace CouponAkka.Standalone.Database;

/// <summary>Which file lies at a path, and what writing to it changes: two stamps differ once somebody has moved, replaced or written it.</summary>
/// <param name="Device">With <paramref name="File"/>: which file it is, whatever it is called.</param>
internal readonly record struct FileStamp(long Device, long File, long Length, long Written)
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int OfTheHandle = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const int MayRead = 4; // R_OK

    public bool IsSameFileAs(FileStamp other) => Device == other.Device && File == other.File;

    /// <exception cref="JournalLostException">There is none, or it can't be looked at.</exception>
    public static FileStamp Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            return statx(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), 0, BasicStats, out var found) == 0
                ? From(found)
                : throw new JournalLostException($"{path} is gone: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        // Elsewhere the moment when it was made tells it from another. Windows keeps an open file where it is.
        var file = new FileInfo(path);
        return file.Exists
            ? new(0, file.CreationTimeUtc.Ticks, file.Length, file.LastWriteTimeUtc.Ticks)
            : throw new JournalLostException($"{path} is gone.");
    }

    /// <summary>Of the open file itself, wherever it lies now.</summary>
    public static FileStamp Of(SafeFileHandle open)
    {
        if (!OperatingSystem.IsLinux())
            return new(0, System.IO.File.GetCreationTimeUtc(open).Ticks, RandomAccess.GetLength(open), System.IO.File.GetLastWriteTimeUtc(open).Ticks);
        return statx(open.DangerousGetHandle().ToInt32(), [0], OfTheHandle, BasicStats, out var found) == 0
            ? From(found)
            : throw new JournalLostException($"An open file of the journal can't be looked at: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>An open file is read all the same; who opens it anew is not let in.</summary>
    /// <exception cref="JournalLostException">This process may not read it.</exception>
    public static void RequireReadable(string path)
    {
        if (!OperatingSystem.IsWindows() && access(Encoding.UTF8.GetBytes(path + '\0'), MayRead) != 0)
            throw new JournalLostException($"{path} can't be read any more: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static FileStamp From(Statx found) => new(
        ((long)found.DeviceMajor << 32) | found.DeviceMinor, found.Inode, found.Size, (found.WrittenSeconds * 1_000_000_000) + found.WrittenNanoseconds);

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, out Statx found);

    [DllImport("libc", SetLastError = true)]
    private static extern int access(byte[] path, int mode);

    // The kernel's own layout, the same on every processor.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(32)]
        public long Inode;
        [FieldOffset(40)]
        public long Size;
        [FieldOffset(112)]
        public long WrittenSeconds;
        [FieldOffset(120)]
        public uint WrittenNanoseconds;
        [FieldOffset(136)]
        public uint DeviceMajor;
        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
