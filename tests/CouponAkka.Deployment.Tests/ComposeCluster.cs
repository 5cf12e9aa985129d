using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CouponAkka.Deployment.Tests;

/// <summary>
/// Our images, built from our Dockerfile, and our <c>docker-compose.yml</c>, up: with <c>docker-compose.tests.yml</c> laid over it. The engine is one
/// of the tests' own where the machine has none, and ends with this process at the latest, however that ends.
/// </summary>
public sealed class ComposeCluster : IAsyncLifetime, IDisposable
{
    public const string Version = "1.2.3-compose.1";

    private const string AdminKey = "key-of-the-tests";

    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, string> _environment;
    private string _host = "";

    public ComposeCluster() => _environment = new()
    {
        ["COMPOSE_FILE"] = $"{Repository.At("docker-compose.yml")}:{Repository.At("tests", "CouponAkka.Deployment.Tests", "docker-compose.tests.yml")}",
        ["COMPOSE_PROJECT_NAME"] = "couponakka-tests",
        ["ADMIN_API_KEY"] = AdminKey,
        ["MYSQL_PASSWORD"] = "password-of-the-tests",
        ["MinVerVersionOverride"] = Version,
        // Where its packages can't be had, it is not built in.
        ["CouponAkkaPbm"] = Environment.GetEnvironmentVariable("CouponAkkaPbm") is { Length: > 0 } given ? given : "false",
        ["PATH"] = $"{_directory.In("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
    };

    /// <summary>A client of the edge, who may create coupons.</summary>
    public HttpClient Edge { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await ScriptAsync("docker", "remove-after", $"{Environment.ProcessId}", _directory.Path);
        _host = await ScriptAsync("docker", "start", _directory.Path);
        await ScriptAsync("base-images", _directory.Path);
        // What a run before this one left in an engine of the machine's.
        await DockerAsync("compose", "--profile", "standalone", "down", "--volumes", "--timeout", "0");
        await DockerAsync("compose", "--profile", "standalone", "build", "--quiet");
        await DockerAsync("compose", "up", "--detach", "--no-build", "--wait", "--wait-timeout", "300");
        Edge = await ClientAsync("edge");
    }

    public async Task DisposeAsync()
    {
        await DockerAsync("compose", "--profile", "standalone", "down", "--volumes", "--timeout", "0");
        await ScriptAsync("docker", "stop", _directory.Path);
    }

    public void Dispose()
    {
        Edge?.Dispose();
        _directory.Dispose();
    }

    /// <summary>What <c>docker</c> wrote.</summary>
    public Task<string> DockerAsync(params string[] arguments) => CommandAsync("docker", arguments);

    /// <summary>Runs lines of a page, in a folder of their own, as somebody would who has the cluster up.</summary>
    public Task<string> ShellAsync(string lines) => CommandAsync("bash", "-euo", "pipefail", "-c", lines);

    /// <summary>A client of a service that is up, who may create coupons.</summary>
    public async Task<HttpClient> ClientAsync(string service)
    {
        var published = await DockerAsync("compose", "port", service, "8080");
        var http = new HttpClient { BaseAddress = new Uri($"http://{_host}:{published.Split(':')[^1]}"), Timeout = Eventually.Deadline };
        http.DefaultRequestHeaders.Add("X-Api-Key", AdminKey);
        return http;
    }

    /// <summary>Returns when all containers that are up are found healthy by their own health checks, and the edge issues.</summary>
    public async Task<TimeSpan> HealthyAsync()
    {
        var waited = Stopwatch.StartNew();
        // A port that the engine chose may be another one when the container starts again.
        Edge.Dispose();
        Edge = await ClientAsync("edge");
        string[] sick = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                sick = [.. (await StatesAsync()).Where(state => state.Health is not "healthy").Select(state => $"{state.Service}: {state.State} {state.Health}")];
                return sick.Length == 0;
            },
            () => string.Join('\n', sick));
        return waited.Elapsed;
    }

    /// <summary>The services that are meant to run, and how they are.</summary>
    public async Task<IReadOnlyList<(string Service, string State, string Health)>> StatesAsync() =>
    [
        .. from line in (await DockerAsync("compose", "ps", "--all", "--format", "json")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
           let container = JsonElement.Parse(line)
           let service = container.GetProperty("Service").GetString()
           where service != "migrate"
           select (service, container.GetProperty("State").GetString()!, container.GetProperty("Health").GetString()!),
    ];

    /// <summary>How a container ended.</summary>
    public async Task<int> ExitCodeAsync(string service) => int.Parse(
        await DockerAsync("inspect", "--format", "{{.State.ExitCode}}", await DockerAsync("compose", "ps", "--all", "--quiet", service)),
        CultureInfo.InvariantCulture);

    private static async Task<string> ScriptAsync(string script, params string[] arguments) =>
        (await RunningProcess.RunAsync(Repository.At(".scripts", script), arguments)).Succeeded();

    private async Task<string> CommandAsync(string command, params string[] arguments) =>
        (await RunningProcess.RunAsync(Repository.Command("env", [.. _environment.Select(set => $"{set.Key}={set.Value}"), command, .. arguments], _directory.Path)))
        .Succeeded();
}
