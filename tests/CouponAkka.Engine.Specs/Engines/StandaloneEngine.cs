using System.Text;
using CouponAkka.Engine.Specs.Load;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>The one-process engine, on a data directory of its own that goes when the engine is disposed of.</summary>
public sealed class StandaloneEngine : IEngine
{
    /// <summary>SIGTERM finishes what was begun, answers it, and exits within this time.</summary>
    public static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(10);

    private readonly StringBuilder _ended = new();
    private RunningProcess? _process;
    private CouponClient? _client;

    /// <summary>The data directory.</summary>
    public TempDirectory Data { get; } = new();

    public Dictionary<string, string> Environment { get; } = [];

    public CouponClient Client => _client ?? throw new InvalidOperationException("The engine was never started.");

    public string Output => _ended + (_process?.Log ?? "");

    /// <summary>Starts one more process on the same data, whose fate is the caller's.</summary>
    public RunningProcess StartProcess(Uri address) => RunningProcess.Start(
        Repository.Program(
            "CouponAkka.Standalone",
            ["--urls", address.GetLeftPart(UriPartial.Authority), "--data", Data.Path, "--Webhooks:AllowPrivateTargets", "True"],
            Environment));

    public async Task StartAsync()
    {
        var address = Ports.FreeAddress();
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
        var readModel = Data.In("readmodel.db");
        if (!File.Exists(readModel))
            throw new FileNotFoundException("There is no read model to throw away.", readModel);
        foreach (var file in new[] { readModel, readModel + "-wal", readModel + "-shm" })
            File.Delete(file);
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _process?.Dispose();
        Data.Dispose();
        return ValueTask.CompletedTask;
    }

    private RunningProcess Running => _process ?? throw new InvalidOperationException("The engine does not run.");

    private void Forget(string how)
    {
        _ended.Append(Running.Log).AppendLine($"--- {how}");
        _process!.Dispose();
        _process = null;
    }
}
