using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CouponAkka.Deployment.Tests;

/// <summary>Our <c>docker-compose.yml</c>, up: with <c>docker-compose.tests.yml</c> laid over it.</summary>
public sealed class ComposeCluster(DockerEngine engine) : IAsyncLifetime
{
    /// <summary>A client of the edge, who may create coupons.</summary>
    public HttpClient Edge { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await engine.RunAsync("compose", "up", "--detach", "--no-build", "--wait", "--wait-timeout", "300");
        Edge = await ClientAsync("edge");
    }

    public Task DisposeAsync()
    {
        Edge?.Dispose();
        return engine.ComposeDownAsync();
    }

    /// <summary>A client of a service that is up, who may create coupons.</summary>
    public async Task<HttpClient> ClientAsync(string service) => engine.Client(await engine.RunAsync("compose", "port", service, "8080"));

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
                var states = await StatesAsync();
                sick = [.. states.Where(state => state.Health is not "healthy").Select(state => $"{state.Service}: {state.State} {state.Health}")];
                return sick.Length == 0;
            },
            () => string.Join('\n', sick));
        return waited.Elapsed;
    }

    /// <summary>The services that are meant to run, and how they are.</summary>
    public async Task<IReadOnlyList<(string Service, string State, string Health)>> StatesAsync() =>
    [
        .. from line in (await engine.RunAsync("compose", "ps", "--all", "--format", "json")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
           let container = JsonElement.Parse(line)
           let service = container.GetProperty("Service").GetString()
           where service != "migrate"
           select (service, container.GetProperty("State").GetString()!, container.GetProperty("Health").GetString()!),
    ];

    /// <summary>How a container ended.</summary>
    public async Task<int> ExitCodeAsync(string service) => int.Parse(
        await engine.RunAsync("inspect", "--format", "{{.State.ExitCode}}", await engine.RunAsync("compose", "ps", "--all", "--quiet", service)),
        CultureInfo.InvariantCulture);
}
