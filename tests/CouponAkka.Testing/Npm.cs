using System.Collections.Concurrent;

namespace CouponAkka.Testing;

/// <summary>What npm brings.</summary>
public static class Npm
{
    private static readonly ConcurrentDictionary<string, Lazy<Task>> Installed = new();

    /// <summary>Brings, once, what the <c>package-lock.json</c> of a folder names.</summary>
    public static Task InstallAsync(string folder) => Installed.GetOrAdd(folder, at => new(() => BringAsync(at))).Value;

    private static async Task BringAsync(string folder) =>
        (await RunningProcess.RunAsync(Repository.Command("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder))).Succeeded();
}
