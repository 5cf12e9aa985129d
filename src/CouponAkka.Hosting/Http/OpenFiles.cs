using System.Runtime.InteropServices;

namespace CouponAkka.Hosting.Http;

/// <summary>
/// How many files, and connections, which count as such, the system lets this process have open. Beyond it .NET can't even load its own code, and aborts.
/// </summary>
internal static class OpenFiles
{
    /// <summary>
    /// What is not for connections of HTTP. A process that serves has 250 … 300 open for its own code and data; the rest is for readers of the
    /// database, for other members, and for connections that are refused and not yet closed.
    /// </summary>
    public const int OfOurOwn = 512;

    private const int FewestConnections = 64;

    /// <summary>Null if it has no limit that matters.</summary>
    public static int? Limit { get; } = Read();

    /// <summary>How many connections there may be; null for as many as come.</summary>
    public static int? Connections => Limit - OfOurOwn;

    /// <summary>Why the process can't work, in one line, or null.</summary>
    public static string? Problem => Limit - OfOurOwn < FewestConnections
        ? $"At most {Limit} files may be open, and the program needs {OfOurOwn + FewestConnections}: "
            + "raise the limit (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of Docker)."
        : null;

    private static int? Read()
    {
        var which = OperatingSystem.IsLinux() ? 7 : OperatingSystem.IsMacOS() ? 8 : (int?)null; // RLIMIT_NOFILE
        return which is not null && getrlimit(which.Value, out var limit) == 0 && limit.Soft < int.MaxValue ? (int)limit.Soft : null;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int getrlimit(int resource, out ResourceLimit limit);

    // .NET raises the soft one to the hard one when it starts.
    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
