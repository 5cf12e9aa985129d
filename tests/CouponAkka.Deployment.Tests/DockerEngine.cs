namespace CouponAkka.Deployment.Tests;

/// <summary>
/// A Docker engine that has our images, built from our Dockerfile as our <c>docker-compose.yml</c> says. It is one of the tests' own where the machine
/// has none, and ends with this process at the latest, however that ends.
/// </summary>
public sealed class DockerEngine : IAsyncLifetime, IDisposable
{
    /// <summary>That the images were told.</summary>
    public const string Version = "1.2.3-compose.1";

    public const string AdminKey = "key-of-the-tests";

    private readonly TempDirectory _directory = new();
    private readonly Dictionary<string, string> _environment;

    public DockerEngine() => _environment = new()
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

    /// <summary>Where the ports are reached that containers publish.</summary>
    public string Host { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await ScriptAsync("docker", "remove-after", $"{Environment.ProcessId}", _directory.Path);
        Host = await ScriptAsync("docker", "start", _directory.Path);
        await ScriptAsync("base-images", _directory.Path);
        // What a run before this one left in an engine of the machine's.
        await ComposeDownAsync();
        await RunAsync("compose", "--profile", "standalone", "build", "--quiet");
    }

    public Task DisposeAsync() => ScriptAsync("docker", "stop", _directory.Path);

    public void Dispose() => _directory.Dispose();

    /// <summary>What <c>docker</c> wrote.</summary>
    public Task<string> RunAsync(params string[] arguments) => CommandAsync("docker", arguments);

    /// <summary>Runs lines of a page, in a folder of their own, as somebody would who has the cluster up.</summary>
    public Task<string> ShellAsync(string lines) => CommandAsync("bash", "-euo", "pipefail", "-c", lines);

    public Task<string> ComposeDownAsync() => RunAsync("compose", "--profile", "standalone", "down", "--volumes", "--timeout", "0");

    /// <summary>A client of what a container publishes, who may create coupons.</summary>
    /// <param name="published">As <c>docker port</c> says it: <c>0.0.0.0:32768</c>, and maybe more lines.</param>
    /// <param name="adminKey">That the container was given.</param>
    public HttpClient Client(string published, string adminKey = AdminKey)
    {
        var port = published.Split('\n')[0].Split(':')[^1];
        var http = new HttpClient { BaseAddress = new Uri($"http://{Host}:{port}"), Timeout = Eventually.Deadline };
        http.DefaultRequestHeaders.Add("X-Api-Key", adminKey);
        return http;
    }

    private static async Task<string> ScriptAsync(string script, params string[] arguments) =>
        (await RunningProcess.RunAsync(Repository.At(".scripts", script), arguments)).Succeeded();

    private async Task<string> CommandAsync(string command, params string[] arguments) => (await RunningProcess.RunAsync(Repository.Command(
        "env", [.. _environment.Select(set => $"{set.Key}={set.Value}"), command, .. arguments], _directory.Path))).Succeeded();
}

/// <summary>The tests that share it; one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ContainersGroup : ICollectionFixture<DockerEngine>
{
    public const string Name = "containers";
}
