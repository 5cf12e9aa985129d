using System.Collections.Concurrent;
using System.Globalization;

namespace CouponAkka.Deployment.Tests;

/// <summary>
/// The pods of <c>k8s/overlays/local</c> as a kubelet would start them, in an engine: their images, arguments, environment, user, read-only root, memory,
/// and names; their init containers first. Nothing probes them, no policy is between them, and the engine starts again what ends, sooner than a kubelet.
/// </summary>
internal sealed class Pods(DockerEngine engine, IReadOnlyList<Yaml> objects)
{
    private const string Network = "couponakka-pods";

    // A port that an engine chooses is another one after each start.
    private readonly ConcurrentDictionary<string, int> _published = new();

    private int _lastAddress = 1;

    /// <summary>The containers that stay up, in the order in which the manifests name them.</summary>
    public IReadOnlyList<string> Names => [.. All().Where(pod => pod.Stays).Select(pod => pod.Name)];

    public string AdminKey => Named("Secret", "couponakka-admin")["data"]["Admin__ApiKey"].Text is { } key
        ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(key))
        : throw new InvalidOperationException("There is no admin key.");

    /// <summary>Starts all pods at once.</summary>
    public async Task StartAsync()
    {
        await RemoveAsync();
        foreach (var program in (string[])["node", "edge"])
            await engine.RunAsync("tag", $"couponakka/{program}:local", $"couponakka/{program}:latest");
        await engine.RunAsync("network", "create", "--subnet", "10.79.0.0/24", Network);
        await Task.WhenAll(All().Select(StartAsync));
    }

    public async Task RemoveAsync()
    {
        var left = (await engine.RunAsync("ps", "--all", "--quiet", "--filter", $"network={Network}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (left.Length > 0)
            await engine.RunAsync(["rm", "--force", "--volumes", .. left]);
        if (await engine.RunAsync("network", "ls", "--quiet", "--filter", $"name={Network}") != "")
            await engine.RunAsync("network", "rm", Network);
    }

    /// <summary>Kills the process of a container with SIGKILL, as the kernel does: what runs the container starts it again.</summary>
    public async Task KillAsync(string pod) => await engine.RunAsync(
        "run", "--rm", "--pid", "host", "--user", "0", "--entrypoint", "bash", "mysql:8.4", "-c", $"kill -KILL {await InspectAsync(pod, ".State.Pid")}");

    public async Task<string> InspectAsync(string pod, string field) => await engine.RunAsync("inspect", "--format", $"{{{{{field}}}}}", pod);

    public async Task<int> RestartsAsync(string pod) => int.Parse(await InspectAsync(pod, ".RestartCount"), CultureInfo.InvariantCulture);

    /// <summary>A client of a pod's HTTP port, who may create coupons.</summary>
    public HttpClient Client(string pod) => engine.Client($":{_published[pod]}", AdminKey);

    private async Task StartAsync(Pod pod)
    {
        var address = $"10.79.0.{Interlocked.Increment(ref _lastAddress)}";
        foreach (var init in pod.Spec["initContainers"].Items)
            await engine.RunAsync(["run", "--rm", "--name", $"{pod.Name}-{init["name"].Text}", .. Arguments(pod, init, address, port: null)]);
        var container = Container(pod);
        var restart = pod.Stays ? "always" : "on-failure:10";
        await engine.RunAsync(["run", "--detach", "--restart", restart, "--name", pod.Name, .. Arguments(pod, container.Yaml, address, container.HttpPort)]);
    }

    private IEnumerable<string> Arguments(Pod pod, Yaml container, string address, int? port)
    {
        var security = container["securityContext"];
        var user = pod.Spec["securityContext"];
        return
        [
            "--network", Network, "--ip", address, "--network-alias", $"{pod.Name}.{pod.Service}", "--network-alias", pod.Service,
            .. user["runAsUser"].Text is { } id ? (string[])["--user", $"{id}:{user["runAsGroup"].Text}"] : [],
            .. security["readOnlyRootFilesystem"].Text == "true" ? (string[])["--read-only"] : [],
            .. security["allowPrivilegeEscalation"].Text == "false" ? (string[])["--security-opt", "no-new-privileges"] : [],
            .. security["capabilities"]["drop"].Items.SelectMany(capability => (string[])["--cap-drop", capability.Text!]),
            .. container["resources"]["limits"]["memory"].Text is { } memory ? (string[])["--memory", memory[..^1]] : [],
            .. container["volumeMounts"].Items.SelectMany(mount => Mount(pod, mount)),
            .. Environment(pod, container, address).SelectMany(variable => (string[])["--env", variable]),
            .. port is { } http ? (string[])["--publish", $"{_published.GetOrAdd(pod.Name, _ => Ports.FreeAddress().Port)}:{http}"] : [],
            container["image"].Text!,
            .. container["args"].Items.Select(argument => argument.Text!),
        ];
    }

    private static string[] Mount(Pod pod, Yaml mount)
    {
        var directory = pod.Spec["volumes"].Items.Single(volume => volume["name"].Text == mount["name"].Text)["emptyDir"];
        // What lies in memory has a size; what lies on the disk goes with its container too.
        return directory["sizeLimit"].Text is { } size
            ? ["--tmpfs", $"{mount["mountPath"].Text}:size={size[..^1]},mode=1777"]
            : ["--volume", mount["mountPath"].Text!];
    }

    private IEnumerable<string> Environment(Pod pod, Yaml container, string address)
    {
        foreach (var source in container["envFrom"].Items)
        {
            var (kind, name) = source["secretRef"]["name"].Text is { } secret ? ("Secret", secret) : ("ConfigMap", source["configMapRef"]["name"].Text!);
            foreach (var (key, value) in Named(kind, name)["data"].Fields)
                yield return $"{key}={(kind == "Secret" ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(value.Text!)) : value.Text)}";
        }

        foreach (var variable in container["env"].Items)
        {
            var value = variable["valueFrom"]["fieldRef"]["fieldPath"].Text switch
            {
                "metadata.name" => pod.Name,
                "status.podIP" => address,
                null => variable["value"].Text!.Replace("$(POD_NAME)", pod.Name, StringComparison.Ordinal),
                var field => throw new NotSupportedException($"No pod here knows its {field}."),
            };
            yield return $"{variable["name"].Text}={value}";
        }
    }

    private Yaml Named(string kind, string name) => objects.Single(item => item["kind"].Text == kind && item["metadata"]["name"].Text == name);

    private static (Yaml Yaml, int? HttpPort) Container(Pod pod)
    {
        var container = pod.Spec["containers"].Items.Single();
        var http = container["ports"].Items.Where(port => port["name"].Text == "http");
        return (container, http.Select(port => (int?)port["containerPort"].Number).SingleOrDefault());
    }

    private IEnumerable<Pod> All() =>
        from item in objects
        let spec = item["spec"]["template"]["spec"]
        where spec.Value is not null
        let name = item["metadata"]["name"].Text
        let numbered = item["kind"].Text == "StatefulSet"
        from number in Enumerable.Range(0, item["spec"]["replicas"].Text is null ? 1 : item["spec"]["replicas"].Number)
        select new Pod($"{name}{(numbered ? $"-{number}" : "")}", item["spec"]["serviceName"].Text ?? name, spec, item["kind"].Text != "Job");

    private sealed record Pod(string Name, string Service, Yaml Spec, bool Stays);
}
