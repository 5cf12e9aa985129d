using System.Text;
using CouponAkka.Engine.Specs.Load;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>The one-process engine, on a data directory of its own that goes when the engine is disposed of.</summary>
public sealed class StandaloneEngine : IEngine
{
    /// <summary>SIGTERM finishes what was begun, answers it, and exits within this time.</summary>
    public static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(10);

    private readonly StringBuilder _ended = new();
    private ServerProcess? _process;
    private CouponClient? _client;

    /// <summary>The data directory.</summary>
    public DirectoryInfo Data { get; } = Directory.CreateTempSubdirectory("coupon-specs-");

    public CouponClient Client => _client ?? throw new InvalidOperationException("The engine was never started.");

    public string Output => _ended + (_process?.Output ?? "");

    /// <summary>Starts one more process on the same data, whose fate is the caller's.</summary>
    public ServerProcess StartProcess(Uri address) =>
        ServerProcess.Start(ProgramPath, "--urls", address.GetLeftPart(UriPartial.Authority), "--data", Data.FullName);

    public async Task StartAsync()
    {
        var address = ServerProcess.FreeAddress();
        _ended.AppendLine($"--- started on {address}");
        _client?.Dispose();
        _client = new CouponClient(address);
        _process = StartProcess(address);
        try
        {
            await _process.ReadyAsync(address);
        }
        catch
        {
            await KillAsync();
            throw;
        }
    }

    public async Task KillAsync()
    {
        await Running.KillAsync();
        Forget("killed");
    }

    public async Task<int> StopAsync()
    {
        var exitCode = await Running.TerminateAsync(StopDeadline);
        Forget($"stopped with exit code {exitCode}");
        return exitCode;
    }

    public void DiscardReadModel()
    {
        if (_process is not null)
            throw new InvalidOperationException("The read model is thrown away while nothing runs.");
        var readModel = Path.Combine(Data.FullName, "readmodel.db");
        if (!File.Exists(readModel))
            throw new FileNotFoundException("There is no read model to throw away.", readModel);
        foreach (var file in new[] { readModel, readModel + "-wal", readModel + "-shm" })
            File.Delete(file);
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _process?.Dispose();
        Data.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private ServerProcess Running => _process ?? throw new InvalidOperationException("The engine does not run.");

    // This assembly lies in tests/CouponAkka.Engine.Specs/bin/{configuration}/net10.0, and the program beside it.
    private static string ProgramPath
    {
        get
        {
            var framework = new DirectoryInfo(AppContext.BaseDirectory);
            var configuration = framework.Parent!;
            var repository = configuration.Parent!.Parent!.Parent!.Parent!;
            return Path.Combine(
                repository.FullName, "src", "CouponAkka.Standalone", "bin", configuration.Name, framework.Name, "CouponAkka.Standalone.dll");
        }
    }

    private void Forget(string how)
    {
        _ended.Append(Running.Output).AppendLine($"--- {how}");
        _process!.Dispose();
        _process = null;
    }
}
