using System.Diagnostics;

namespace CouponAkka.Api.Tests;

/// <summary>The standalone program as a process of its own, with arguments that it answers or refuses.</summary>
internal sealed record ProgramThatEnds(int ExitCode, string Output, string Error)
{
    // Longer than a start takes on any machine: only a program that goes on running reaches it.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <exception cref="TimeoutException">It goes on running.</exception>
    public static async Task<ProgramThatEnds> RunAsync(string[] arguments, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "CouponAkka.Standalone.dll"), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync().WaitAsync(Deadline);
            return new(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>The one line in which it says why it did not start.</summary>
    public string Refusal
    {
        get
        {
            Assert.NotEqual(0, ExitCode);
            Assert.DoesNotContain("   at ", Output, StringComparison.Ordinal);
            return Assert.Single(Error.TrimEnd().Split('\n'));
        }
    }
}
