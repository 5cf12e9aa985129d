using System.Diagnostics;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>Makes fsync fail in a process that runs, where strace is there and may do so.</summary>
internal sealed class Strace : IDisposable
{
    private readonly Process _process;

    private Strace(Process process) => _process = process;

    /// <param name="when">Which calls for that file fail, as strace says it: <c>when=2</c>, <c>when=5+40</c>.</param>
    public static Strace? TryFail(int processId, string path, string when)
    {
        try
        {
            string[] arguments =
            [
                "-f", "-o", "/dev/null", "-p", $"{processId}", "-P", path, "-e", "trace=fsync,fdatasync", "-e", $"inject=fsync,fdatasync:error=EIO:{when}",
            ];
            var process = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardError = true })!;
            // The first line says that it has attached, or why it can't.
            var attached = process.StandardError.ReadLine()?.Contains("attached", StringComparison.Ordinal) == true;
            var strace = new Strace(process);
            if (attached)
                return strace;
            strace.Dispose();
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
