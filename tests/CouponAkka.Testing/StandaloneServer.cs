using System.Diagnostics;
using System.Globalization;

namespace CouponAkka.Testing;

/// <summary>The standalone program as a process of its own, and a client that speaks to it.</summary>
public sealed class StandaloneServer : IDisposable
{
    private const string Project = "CouponAkka.Standalone";

    private StandaloneServer(ProcessStartInfo start, Uri address)
    {
        Http = new HttpClient { BaseAddress = address, Timeout = Eventually.Deadline };
        Process = RunningProcess.Start(start);
    }

    public HttpClient Http { get; }

    public RunningProcess Process { get; }

    /// <summary>Starts the program and returns when it can issue.</summary>
    public static Task<StandaloneServer> StartAsync(string data, params string[] arguments) => StartAsync(data, openFiles: null, arguments);

    /// <inheritdoc cref="StartAsync(string, string[])"/>
    /// <param name="openFiles">How many files, and connections, it may have open.</param>
    public static async Task<StandaloneServer> StartAsync(string data, int? openFiles, string[] arguments)
    {
        var address = Ports.FreeAddress();
        var server = new StandaloneServer(Program(address, data, [], arguments, openFiles), address);
        try
        {
            await Eventually.HoldsAsync(server.IsReadyAsync, () => server.Process.Log);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts the program, which is expected to end by itself.</summary>
    public static Task<EndedProcess> RunAsync(string data, params string[] arguments) => RunAsync(data, [], arguments);

    /// <inheritdoc cref="RunAsync(string, string[])"/>
    /// <param name="environment">Variables of the environment, as <c>NAME=value</c>.</param>
    /// <param name="openFiles">How many files, and connections, it may have open.</param>
    public static Task<EndedProcess> RunAsync(string data, string[] environment, string[] arguments, int? openFiles = null) =>
        RunningProcess.RunAsync(Program(Ports.FreeAddress(), data, environment, arguments, openFiles));

    public Task<bool> IsReadyAsync() => Process.IsReadyAsync(Http);

    /// <inheritdoc cref="CouponHttp.CreateCouponAsync"/>
    public Task CreateAsync(long couponId, long? total) => Http.CreateCouponAsync(couponId, total);

    /// <inheritdoc cref="CouponHttp.TryIssueAsync"/>
    public Task<IssueAnswer?> TryIssueAsync(long couponId, long userId) => Http.TryIssueAsync(couponId, userId);

    public async Task<IssueAnswer> IssueAsync(long couponId, long userId) =>
        await TryIssueAsync(couponId, userId) ?? throw new InvalidOperationException($"No answer.\n{Process.Log}");

    public void Dispose()
    {
        Process.Dispose();
        Http.Dispose();
    }

    private static ProcessStartInfo Program(Uri address, string data, string[] environment, string[] arguments, int? openFiles)
    {
        // A write beyond the limit on a file's size is to fail as one to a full disk does, not to kill with SIGXFSZ. And
        // root is to be refused like anyone else where a file may not be written.
        var shell = $"trap '' XFSZ; {(openFiles is null ? "" : string.Create(CultureInfo.InvariantCulture, $"ulimit -n {openFiles}; "))}exec \"$@\"";
        string[] wrapper = Environment.IsPrivilegedProcess
            ? ["-c", shell, "sh", "setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
            : ["-c", shell, "sh"];
        string[] program =
        [
            "dotnet", Repository.AssemblyOf(Project), "--urls", address.GetLeftPart(UriPartial.Authority), "--data", data, "--WriteTimeoutSeconds", "60",
        ];
        var start = new ProcessStartInfo("sh", [.. wrapper, "env", .. environment, .. program, .. arguments]);
        start.Environment.Remove("Admin__ApiKey");
        return start;
    }
}
