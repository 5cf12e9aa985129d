using System.Diagnostics;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>A small file system of a test's own, where this process may mount one.</summary>
internal sealed class MountedDisk : IDisposable
{
    private readonly string _path;

    private MountedDisk(string path) => _path = path;

    /// <summary>Null where nothing can be mounted: not root, or a container without the right to.</summary>
    public static MountedDisk? TryMount(string path, string size) =>
        Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path) ? new MountedDisk(path) : null;

    /// <summary>The same directory under another path.</summary>
    public static MountedDisk? TryBind(string directory, string path) =>
        Environment.IsPrivilegedProcess && Run("mount", "--bind", directory, path) ? new MountedDisk(path) : null;

    public void Remount(string options) => Assert.True(Run("mount", "-o", $"remount,{options}", _path));

    /// <summary>Takes it away from under whoever has files open there.</summary>
    public void Detach() => Assert.True(Run("umount", "--lazy", _path));

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        var block = new byte[4096];
        using var file = new FileStream(Path.Combine(_path, "filler"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // No space left on device: that is what it is for.
        }
    }

    public void Dispose() => Run("umount", _path);

    private static bool Run(string program, params string[] arguments) => RunningProcess.Run(new ProcessStartInfo(program, arguments)).ExitCode == 0;
}
