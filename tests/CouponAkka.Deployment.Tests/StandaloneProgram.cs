using System.Diagnostics;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Deployment.Tests;

/// <summary>The standalone program as a process of its own, with a directory of its own, once it is well.</summary>
internal sealed class StandaloneProgram : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("couponakka-standalone-");
    private readonly Process _process;

    private StandaloneProgram() => _process = Repository.StartProgram("CouponAkka.Standalone", ["--urls", Url, "--data", _data.FullName]);

    public string Url { get; } = $"http://127.0.0.1:{Ports.Free()}";

    public static async Task<StandaloneProgram> StartAsync()
    {
        var program = new StandaloneProgram();
        try
        {
            await Eventually.HoldsAsync(async () => await Repository.RunProgramAsync("CouponAkka.Standalone", ["--check-health", program.Url]) == 0);
            return program;
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _data.Delete(recursive: true);
    }
}
