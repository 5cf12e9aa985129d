using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary>The manifests render, are what Kubernetes takes, and say what the programs understand.</summary>
[Trait("Needs", "Kubectl")]
[Trait("Needs", "Npm")]
public sealed partial class KubernetesTests
{
    // As ClusterProgram gives a program to hand over and leave, in seconds.
    private const int ShutdownTimeout = 60;

    public static TheoryData<string> Overlays => ["base", "overlays/local", "overlays/production"];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_object_is_as_the_OpenAPI_schema_of_Kubernetes_says(string overlay) =>
        Assert.Equal("", await Linters.LintAsync("kubernetes.js", await Manifests.RenderAsync(overlay)));

    [Theory]
    [InlineData("podManagementPolicy", "podManagmentPolicy", "is unknown")]
    [InlineData("minReadySeconds: 10", "minReadySeconds: soon", "type")]
    [InlineData("serviceName: couponakka-node", "serviceNom: couponakka-node", "is unknown")]
    public async Task What_is_not_as_the_schema_says_is_found(string right, string wrong, string said) =>
        Assert.Contains(said, await Linters.LintAsync("kubernetes.js", (await Manifests.RenderAsync("base")).Replace(right, wrong)));

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_setting_is_one_that_the_programs_know(string overlay)
    {
        var objects = await Manifests.ObjectsAsync(overlay);
        var containers = Pods(objects).Where(pod => IsOurs(Image(pod))).SelectMany(pod => pod["containers"].Items).ToList();
        var names = containers.SelectMany(container => container["env"].Items).Select(variable => variable["name"].Text!).Where(name => name != "POD_NAME")
            .Concat(objects.Where(item => item["kind"].Text is "ConfigMap" or "Secret").SelectMany(item => item["data"].Fields).Select(field => field.Key))
            .ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.True(Settings.IsKnown(name), $"{name} is no setting of the programs."));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Programs_listen_where_probes_services_and_policies_look(string overlay)
    {
        var objects = await Manifests.ObjectsAsync(overlay);
        var akka = objects.Single(item => item["kind"].Text == "ConfigMap")["data"]["Akka__Port"].Number;
        foreach (var pod in Pods(objects).Where(pod => IsOurs(Image(pod))))
        {
            var container = pod["containers"].Items.Single();
            var arguments = container["args"].Items.Select(argument => argument.Text).ToList();
            if (arguments is ["--migrate"])
                continue;
            var ports = container["ports"].Items.ToDictionary(port => port["name"].Text!, port => port["containerPort"].Number);
            Assert.Equal(["--urls", $"http://0.0.0.0:{ports["http"]}"], arguments);
            Assert.Equal(akka, ports["akka"]);
            foreach (var (probe, path) in new[] { ("startupProbe", "/health/live"), ("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready") })
            {
                Assert.Equal(path, container[probe]["httpGet"]["path"].Text);
                Assert.Equal("http", container[probe]["httpGet"]["port"].Text);
            }
        }

        var named = objects.Where(item => item["kind"].Text == "NetworkPolicy").SelectMany(policy => policy["spec"]["ingress"].Items)
            .SelectMany(rule => rule["ports"].Items).Select(port => port["port"].Text);
        Assert.All(named, name => Assert.True(name is "akka" or "http"));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_others_reach_a_node_by_the_name_that_it_has(string overlay)
    {
        var objects = await Manifests.ObjectsAsync(overlay);
        var nodes = objects.Single(item => item["kind"].Text == "StatefulSet" && item["metadata"]["name"].Text == "couponakka-node")["spec"];
        var service = nodes["serviceName"].Text;
        var hostname = nodes["template"]["spec"]["containers"].Items.Single()["env"].Items.Single(variable => variable["name"].Text == "Akka__Hostname");

        Assert.Contains(
            objects, item => item["kind"].Text == "Service" && item["metadata"]["name"].Text == service && item["spec"]["clusterIP"].Text == "None");
        Assert.Equal($"$(POD_NAME).{service}", hostname["value"].Text);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_pod_has_time_to_hand_over_and_leave(string overlay)
    {
        foreach (var pod in Pods(await Manifests.ObjectsAsync(overlay)).Where(pod => pod["containers"].Items.Single()["lifecycle"].Value is not null))
        {
            var sleep = pod["containers"].Items.Single()["lifecycle"]["preStop"]["sleep"]["seconds"].Number;
            Assert.True(pod["terminationGracePeriodSeconds"].Number > sleep + ShutdownTimeout);
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_selector_finds_a_pod(string overlay)
    {
        var objects = await Manifests.ObjectsAsync(overlay);
        var labels = objects.Select(item => item["spec"]["template"]["metadata"]["labels"])
            .Select(those => those.Fields.ToDictionary(label => label.Key, label => label.Value.Text)).ToList();
        var selectors = objects.Select(item => item["kind"].Text == "Service" ? item["spec"]["selector"] : item["spec"]["selector"]["matchLabels"])
            .Concat(objects.Select(item => item["spec"]["podSelector"]["matchLabels"]))
            .Where(selector => selector.Value is not null);

        Assert.All(selectors, selector => Assert.Contains(labels, pod => selector.Fields.All(label => pod.GetValueOrDefault(label.Key) == label.Value.Text)));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task No_pod_of_ours_is_root_or_writes_or_speaks_to_the_API_server(string overlay)
    {
        foreach (var pod in Pods(await Manifests.ObjectsAsync(overlay)).Where(pod => IsOurs(Image(pod))))
        {
            Assert.Equal("true", pod["securityContext"]["runAsNonRoot"].Text);
            Assert.Equal("couponakka", pod["serviceAccountName"].Text);
            var container = pod["containers"].Items.Single()["securityContext"];
            Assert.Equal("true", container["readOnlyRootFilesystem"].Text);
            Assert.Equal("false", container["allowPrivilegeEscalation"].Text);
            Assert.Equal("ALL", container["capabilities"]["drop"].Items.Single().Text);
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Nodes_and_edges_wait_for_the_migration_whose_job_goes_by_itself(string overlay)
    {
        var objects = await Manifests.ObjectsAsync(overlay);
        foreach (var pod in Pods(objects).Where(IsNodeOrEdge))
        {
            var waits = pod["initContainers"].Items.Single();
            Assert.Equal("--await-schema", waits["args"].Items.Single().Text);
            Assert.Equal(pod["containers"].Items.Single()["image"].Text, waits["image"].Text);
            Assert.Contains("couponakka-database", SecretsOf(waits));
            Assert.Equal("true", waits["securityContext"]["readOnlyRootFilesystem"].Text);
        }

        Assert.InRange(objects.Single(item => item["kind"].Text == "Job")["spec"]["ttlSecondsAfterFinished"].Number, 1, 300);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Each_program_gets_no_other_programs_secrets(string overlay)
    {
        var secrets = Pods(await Manifests.ObjectsAsync(overlay)).Where(pod => pod["serviceAccountName"].Text == "couponakka")
            .Select(pod => pod["containers"].Items.Single())
            .ToDictionary(container => container["name"].Text!, container => SecretsOf(container).ToList());

        Assert.Equal(["couponakka-database"], secrets["node"]);
        Assert.Equal(["couponakka-database", "couponakka-admin"], secrets["edge"]);
        Assert.Equal(["couponakka-migrate"], secrets["migrate"]);
    }

    [Fact]
    public async Task In_production_no_two_nodes_share_a_machine_and_what_may_wait_goes_first()
    {
        var objects = await Manifests.ObjectsAsync("overlays/production");
        var nodes = Pods(objects).Single(pod => pod["containers"].Items.Single()["name"].Text == "node");
        var rule = nodes["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"].Items.Single();

        Assert.Equal("kubernetes.io/hostname", rule["topologyKey"].Text);
        Assert.Equal("node", rule["labelSelector"]["matchLabels"]["app.kubernetes.io/component"].Text);
        Assert.Contains(nodes["topologySpreadConstraints"].Items, spread => spread["topologyKey"].Text == "topology.kubernetes.io/zone");
        var priority = objects.Single(item => item["kind"].Text == "PriorityClass")["metadata"]["name"].Text;
        Assert.All(Pods(objects).Where(IsNodeOrEdge), pod => Assert.Equal(priority, pod["priorityClassName"].Text));
    }

    [Fact]
    public async Task In_production_an_image_that_nobody_named_can_t_be_pulled()
    {
        foreach (var pod in Pods(await Manifests.ObjectsAsync("overlays/production")))
        {
            Assert.All(
                pod["containers"].Items.Concat(pod["initContainers"].Items),
                container => Assert.StartsWith("registry.invalid/", container["image"].Text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task All_connections_together_are_as_many_as_the_page_says()
    {
        const int ofANodesOwn = 22, ofAnEdgesOwn = 2;
        var objects = await Manifests.ObjectsAsync("overlays/production");
        var nodes = objects.Single(item => item["kind"].Text == "StatefulSet")["spec"]["replicas"].Number;
        var edges = objects.Single(item => item["kind"].Text == "HorizontalPodAutoscaler")["spec"]["maxReplicas"].Number;
        var all = nodes * (PoolOf("node") + ofANodesOwn) + edges * (PoolOf("edge") + ofAnEdgesOwn);

        Assert.Contains($"= **{all}**", Repository.Read("docs", "kubernetes.md"), StringComparison.Ordinal);

        int PoolOf(string program) => Pods(objects).Select(pod => pod["containers"].Items.Single())
            .Single(container => container["name"].Text == program)["env"]
            .Items.Single(variable => variable["name"].Text == "Database__MaximumPoolSize")["value"].Number;
    }

    [Fact]
    public async Task Members_speak_TLS_where_the_component_is_added()
    {
        var overlay = Directory.CreateDirectory(Repository.At("k8s", $"test-{Guid.NewGuid():N}"));
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(overlay.FullName, "kustomization.yaml"),
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
                + "resources: [../overlays/production]\ncomponents: [../components/members-tls]\n");
            var rendered = await Manifests.RenderAsync(overlay.Name);

            Assert.Equal("", await Linters.LintAsync("kubernetes.js", rendered));
            foreach (var pod in Pods(Yaml.ParseAll(rendered)).Where(IsNodeOrEdge))
            {
                var container = pod["containers"].Items.Single();
                var file = container["env"].Items.Single(variable => variable["name"].Text == "Akka__TlsCertificate")["value"].Text!;
                var mount = container["volumeMounts"].Items.Single(mount => mount["name"].Text == "member");
                var volume = pod["volumes"].Items.Single(volume => volume["name"].Text == "member");
                Assert.Equal($"{mount["mountPath"].Text}/{volume["secret"]["items"].Items.Single()["path"].Text}", file);
            }
        }
        finally
        {
            overlay.Delete(recursive: true);
        }
    }

    private static bool IsNodeOrEdge(Yaml pod) => pod["containers"].Items.Single()["name"].Text is "node" or "edge";

    private static IEnumerable<string> SecretsOf(Yaml container) =>
        container["envFrom"].Items.Select(source => source["secretRef"]["name"].Text).OfType<string>();

    private static bool IsOurs(string image) => image.Contains("couponakka/", StringComparison.Ordinal);

    private static string Image(Yaml pod) => Tag().Replace(pod["containers"].Items.Single()["image"].Text!, "");

    private static IEnumerable<Yaml> Pods(IEnumerable<Yaml> objects) =>
        objects.Select(item => item["spec"]["template"]["spec"]).Where(pod => pod.Value is not null);

    [GeneratedRegex(":[^:/]+$")]
    private static partial Regex Tag();
}
