namespace CouponAkka.Clients.Tests.Support;

/// <summary>The standalone program as a process of its own, with an admin key, and its OpenAPI document in a file.</summary>
public sealed class Service : IAsyncLifetime
{
    public const string Key = "a-key-for-tests";

    private static long _lastCouponId;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-clients-");
    private RunningProcess? _program;

    public string Url { get; } = Ports.FreeAddress().OriginalString;

    public string Document => Path.Combine(_directory.FullName, "openapi.json");

    /// <summary>An id that no other test uses.</summary>
    public static long NewCouponId() => Interlocked.Increment(ref _lastCouponId);

    /// <summary>An empty folder for what a test generates.</summary>
    public DirectoryInfo NewFolder(string name) => _directory.CreateSubdirectory(name);

    public async Task InitializeAsync()
    {
        var data = _directory.CreateSubdirectory("data").FullName;
        _program = RunningProcess.Start(Repository.Program(
            "CouponAkka.Standalone", ["--urls", Url, "--data", data], new Dictionary<string, string> { ["Admin__ApiKey"] = Key }));
        await _program.ReadyAsync(new Uri(Url));
        using var http = new HttpClient();
        await File.WriteAllTextAsync(Document, await http.GetStringAsync(new Uri($"{Url}/openapi/v1.json")));
    }

    public Task DisposeAsync()
    {
        _program?.Dispose();
        _directory.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
