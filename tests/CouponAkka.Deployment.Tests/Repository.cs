using System.Collections.Concurrent;
using System.Diagnostics;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Deployment.Tests;

/// <summary>The repository's files, and the programs that are run on them.</summary>
internal static class Repository
{
    private static readonly string Linters = Path.Combine("tests", "CouponAkka.Deployment.Tests", "linters");

    private static readonly ConcurrentDictionary<string, Lazy<Task>> Installed = new();

    public static string At(params string[] path) => Path.Combine([RepositoryRoot.Path, .. path]);

    public static string Read(params string[] path) => File.ReadAllText(At(path));

    /// <summary>Brings, once, what the package-lock.json of a folder names.</summary>
    public static Task NpmAsync(string folder) =>
        Installed.GetOrAdd(folder, at => new(() => RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], workingDirectory: At(at)))).Value;

    /// <summary>What a checker of the folder <c>linters</c> says of a text; nothing if it finds nothing.</summary>
    public static async Task<string> LintAsync(string script, string text)
    {
        await NpmAsync(Linters);
        return await RunAsync("node", [At(Linters, script)], input: text);
    }

    /// <summary>What dclint says of a Compose file, which includes the Compose schema; nothing if it finds nothing.</summary>
    public static async Task<string> LintComposeAsync(string file)
    {
        await NpmAsync(Linters);
        return await RunAsync(At(Linters, "node_modules", ".bin", "dclint"), ["-c", At(Linters, ".dclintrc.json"), At(file)], mayFail: true);
    }

    /// <summary>A program of ours as it was built with these tests, run to its end: its exit code.</summary>
    public static async Task<int> RunProgramAsync(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = StartProgram(program, arguments, environment);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return process.ExitCode;
    }

    public static Process StartProgram(
        string program, string[] arguments, IReadOnlyDictionary<string, string>? environment = null, bool readOutput = false)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var start = new ProcessStartInfo("dotnet", [At("src", program, "bin", configuration, "net10.0", $"{program}.dll"), .. arguments]) { RedirectStandardOutput = readOutput };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static async Task<string> RunAsync(
        string program,
        string[] arguments,
        string input = "",
        string? workingDirectory = null,
        bool mayFail = false,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? RepositoryRoot.Path,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync();
        var trouble = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 || mayFail
            ? (await said).Trim()
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await said}{await trouble}");
    }
}
