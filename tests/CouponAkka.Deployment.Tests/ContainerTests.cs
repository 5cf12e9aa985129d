using System.Text.Json;
using System.Text.RegularExpressions;
using MySqlConnector;

namespace CouponAkka.Deployment.Tests;

/// <summary>The Dockerfile and the Compose files are well formed, and say what the programs understand.</summary>
public sealed partial class ContainerTests
{
    private static readonly string Dockerfile = Repository.Read("Dockerfile");

    [Fact]
    [Trait("Needs", "Npm")]
    public async Task The_linter_finds_nothing_in_the_Dockerfile() => Assert.Equal("", await Linters.LintAsync("dockerfile.js", Dockerfile));

    [Theory]
    [InlineData("docker-compose.yml")]
    [InlineData("load-test/docker-compose.yml")]
    [Trait("Needs", "Npm")]
    public async Task The_linter_finds_nothing_in_the_Compose_files(string file) => Assert.Equal("", await Linters.LintComposeAsync(file));

    [Fact]
    public void Everything_that_the_Dockerfile_copies_is_there_and_reaches_Docker()
    {
        var ignored = Repository.Read(".dockerignore");
        foreach (var source in CopiedFromHere().SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1]))
        {
            Assert.True(Path.Exists(Repository.At(source)), $"{source} is not there.");
            Assert.Contains($"!{source.Split('/')[0]}\n", ignored);
        }
    }

    [Fact]
    public void Every_project_that_an_image_needs_is_copied_before_the_restore()
    {
        var copied = CopiedFromHere().ToList();
        foreach (var project in Directory.GetFiles(Repository.At("src"), "*.csproj", SearchOption.AllDirectories))
        {
            var source = $"src/{Path.GetFileNameWithoutExtension(project)}/{Path.GetFileName(project)} ";
            Assert.Contains(copied, line => line.StartsWith(source, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("standalone", "CouponAkka.Standalone")]
    [InlineData("node", "CouponAkka.Node")]
    [InlineData("edge", "CouponAkka.Edge")]
    public void An_image_starts_the_program_that_it_is_named_for_and_opens_its_port(string target, string program)
    {
        var stage = Stage(target);
        var url = Command(stage, "CMD")[1];

        Assert.Equal([.. (string[])["dotnet", $"{program}.dll"]], Command(stage, "ENTRYPOINT"));
        Assert.Contains($"/app/{program.Split('.')[1]} .", stage);
        Assert.Contains(new Uri(url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture), Line(stage, "EXPOSE").Split(' '));
        Assert.Equal(["dotnet", $"{program}.dll", "--check-health", $"http://127.0.0.1:{new Uri(url).Port}"], Command(stage, "HEALTHCHECK"));
    }

    [Fact]
    public async Task The_command_of_the_standalone_image_starts_it_and_its_health_check_tells_when_it_is_well()
    {
        var url = Ports.FreeAddress().OriginalString;
        using var data = new TempDirectory();
        var stage = Stage("standalone");
        string[] command = [.. Command(stage, "CMD").Select(argument => argument switch { "http://0.0.0.0:8080" => url, "/data" => data.Path, _ => argument })];
        string[] check = [.. Command(stage, "HEALTHCHECK")[2..^1], url];
        Assert.Equal(1, await CheckAsync());

        using var program = RunningProcess.Start(Repository.Program("CouponAkka.Standalone", command));
        await Eventually.HoldsAsync(async () => await CheckAsync() == 0, () => program.Log);

        async Task<int> CheckAsync() => (await RunningProcess.RunAsync(Repository.Program("CouponAkka.Standalone", check))).ExitCode;
    }

    [Fact]
    public async Task The_migration_step_brings_a_database_to_the_schema()
    {
        var name = $"couponakka_deployment_{Guid.NewGuid():N}";
        var compose = Services()["migrate"];
        string[] command = [.. compose["command"].Items.Select(argument => argument.Text!)];
        var connection = new MySqlConnectionStringBuilder(MariaDb.Server) { Database = name }.ConnectionString;

        Assert.Contains("ConnectionStrings__Coupons", compose["environment"].Fields.Select(field => field.Key));
        (await RunningProcess.RunAsync(Repository.Program(
            "CouponAkka.Node", command, new Dictionary<string, string> { ["ConnectionStrings__Coupons"] = connection }))).Succeeded();
        await MariaDb.ExecuteAsync($"SELECT * FROM `{name}`.coupon_issues");
        await MariaDb.ExecuteAsync($"DROP DATABASE `{name}`");
    }

    [Fact]
    public void Every_setting_of_our_services_is_one_that_the_programs_know()
    {
        foreach (var (name, service) in OurServices())
        {
            Assert.All(
                service["environment"].Fields,
                variable => Assert.True(Settings.IsKnown(variable.Key), $"{name}: {variable.Key} is no setting of the programs."));
        }
    }

    [Fact]
    public void Our_services_are_images_that_the_Dockerfile_makes_and_find_each_other()
    {
        var services = Services();
        foreach (var (name, service) in OurServices())
        {
            Assert.Contains($"AS {service["build"]["target"].Text}\n", Dockerfile);
            Assert.Equal("true", service["read_only"].Text ?? (name == "migrate" ? "true" : null));
            if (service["environment"]["Akka__Hostname"].Text is { } hostname)
                Assert.Equal(name, hostname);
            foreach (var dependency in service["depends_on"].Fields)
                Assert.NotNull(services[dependency.Key].Value);
        }
    }

    [Fact]
    public void Everything_that_Compose_mounts_is_there()
    {
        foreach (var (file, folder) in new[] { ("docker-compose.yml", ""), ("load-test/docker-compose.yml", "load-test") })
        {
            var mounts = Yaml.ParseAll(Repository.Read(file)).Single()["services"].Fields.SelectMany(service => service.Value["volumes"].Items);
            foreach (var source in mounts.Select(mount => mount.Text!.Split(':')[0]).Where(source => source.StartsWith('.')))
                Assert.True(Path.Exists(Repository.At(folder, source)), $"{source} is not there.");
        }
    }

    [Fact]
    public void Locust_in_containers_runs_a_file_that_is_there_with_settings_that_it_reads()
    {
        var environment = Yaml.ParseAll(Repository.Read("load-test", "docker-compose.yml")).Single()["services"]["master"]["environment"];
        var locustfile = DefaultOf().Match(environment["LOCUST_LOCUSTFILE"].Text!).Groups[1].Value;
        var shared = Repository.Read("load-test", "coupon.py");

        Assert.True(File.Exists(Repository.At("load-test", locustfile)));
        foreach (var variable in environment.Fields.Select(field => field.Key).Where(IsOurs))
            Assert.Contains($"\"{variable}\"", shared);

        static bool IsOurs(string name) => !name.StartsWith("LOCUST_", StringComparison.Ordinal) && !name.StartsWith("PYTHON", StringComparison.Ordinal);
    }

    private static Yaml Services() => Yaml.ParseAll(Repository.Read("docker-compose.yml")).Single()["services"];

    private static IEnumerable<(string Key, Yaml Value)> OurServices() => Services().Fields.Where(service => service.Value["build"].Value is not null);

    private static IEnumerable<string> CopiedFromHere() =>
        Dockerfile.Split('\n').Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from")).Select(line => line[5..]);

    private static string Stage(string target) => Dockerfile[Dockerfile.IndexOf($" AS {target}\n", StringComparison.Ordinal)..].Split("\nFROM ")[0];

    private static string Line(string stage, string instruction) =>
        stage.Split('\n').Single(line => line.StartsWith($"{instruction} ", StringComparison.Ordinal))[(instruction.Length + 1)..];

    private static string[] Command(string stage, string instruction)
    {
        var line = Line(stage, instruction);
        return JsonSerializer.Deserialize<string[]>(line[line.IndexOf('[')..])!;
    }

    [GeneratedRegex(@"\$\{[A-Z_]+:-([^}]+)\}")]
    private static partial Regex DefaultOf();
}
