namespace CouponAkka.Clients.Tests.Support;

/// <summary>The programs of the folder <c>node</c>.</summary>
internal static class Node
{
    private static readonly Dictionary<string, string> Quietly = new() { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true" };

    public static string At(params string[] path) => Repository.At(["tests", "CouponAkka.Clients.Tests", "node", .. path]);

    public static async Task<EndedProcess> RunAsync(string program, params string[] arguments)
    {
        await Npm.InstallAsync(At());
        return await RunningProcess.RunAsync(Repository.Command(At("node_modules", ".bin", program), arguments, At(), Quietly));
    }
}
