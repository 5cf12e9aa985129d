namespace CouponAkka.Deployment.Tests;

/// <summary>The checkers of the folder <c>linters</c>.</summary>
internal static class Linters
{
    private static readonly string Folder = Repository.At("tests", "CouponAkka.Deployment.Tests", "linters");

    /// <summary>What one of our scripts says of a text; nothing if it finds nothing.</summary>
    public static async Task<string> LintAsync(string script, string text)
    {
        await Npm.InstallAsync(Folder);
        return (await RunningProcess.RunAsync(Repository.Command("node", [Path.Combine(Folder, script)]), input: text)).Succeeded();
    }

    /// <summary>What dclint says of a Compose file, which includes the Compose schema; nothing if it finds nothing.</summary>
    public static async Task<string> LintComposeAsync(string file)
    {
        await Npm.InstallAsync(Folder);
        // It fails if it finds something.
        return (await RunningProcess.RunAsync(
            Path.Combine(Folder, "node_modules", ".bin", "dclint"), "-c", Path.Combine(Folder, ".dclintrc.json"), Repository.At(file))).Output.Trim();
    }
}
