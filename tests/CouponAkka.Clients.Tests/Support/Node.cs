using CouponAkka.Deployment.Tests;

namespace CouponAkka.Clients.Tests.Support;

/// <summary>The programs of the folder <c>node</c>.</summary>
internal static class Node
{
    private static readonly string Folder = Path.Combine("tests", "CouponAkka.Clients.Tests", "node");

    private static readonly Dictionary<string, string> Quietly = new() { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true" };

    public static string At(params string[] path) => Repository.At([Folder, .. path]);

    public static async Task<string> RunAsync(string program, string[] arguments, bool mayFail = false)
    {
        await Repository.NpmAsync(Folder);
        return await Repository.RunAsync(At("node_modules", ".bin", program), arguments, workingDirectory: At(), mayFail: mayFail, environment: Quietly);
    }
}
