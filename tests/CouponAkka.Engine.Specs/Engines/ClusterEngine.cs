using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using CouponAkka.Engine.Specs.Load;
using MySqlConnector;

namespace CouponAkka.Engine.Specs.Engines;

/// <summary>The cluster as <c>./cluster</c> runs it: nodes, edges and a MariaDB, all of their own.</summary>
public sealed class ClusterEngine : IEngine
{
    private const string Database = "db";

    private static int _lastPort = 12_000;

    private readonly TempDirectory _directory = new();
    // Ports that no other engine of these specs takes between being found free and being listened on.
    private readonly int _firstPort = Interlocked.Add(ref _lastPort, 20) - 20;
    private readonly StringBuilder _said = new();
    private readonly List<CouponClient> _clients = [];
    private readonly Dictionary<string, DatabaseLine> _lines = [];
    private volatile DatabaseReplica? _promoted;

    /// <summary>How many there are when it starts.</summary>
    public int FirstNodes { get; init; } = 3;

    /// <inheritdoc cref="FirstNodes"/>
    public int FirstEdges { get; init; } = 2;

    /// <summary>How many processes there are that are each edge and node; then there are no others.</summary>
    public int FirstWhole { get; init; }

    /// <summary>They find each other by seed nodes, as the version before does.</summary>
    public bool HasSeeds { get; init; }

    /// <summary>Every member goes to the database by a line of its own, which <see cref="LineOf"/> gives.</summary>
    public bool HasLines { get; init; }

    /// <summary>Each member has a host of its own, whose links can be cut, and is started again when it ends.</summary>
    public bool Hosts { get; init; }

    /// <inheritdoc/>
    public Dictionary<string, string> Environment { get; } = new()
    {
        // On a machine that is overloaded by their starts a member may be silent for seconds, and nobody here starts again who was taken for dead.
        ["Akka__StableAfterSeconds"] = "20",
        ["Webhooks__AllowPrivateTargets"] = "True",
    };

    public CouponClient Client => _clients.LastOrDefault() ?? throw new InvalidOperationException("The engine was never started.");

    public string Output => _said + string.Concat(
        new DirectoryInfo(_directory.Path).GetFiles("*.log").OrderBy(log => log.Name).Select(log => $"--- {log.Name}\n{ReadShared(log.FullName)}"));

    /// <summary>The names of the nodes, as <c>./cluster</c> has them.</summary>
    public IReadOnlyList<string> Nodes => [.. Members.Where(member => member.Roles.Contains("coupon")).Select(member => member.Name)];

    public IReadOnlyList<string> Edges => [.. Members.Where(member => member.Roles.Contains("edge")).Select(member => member.Name)];

    public async Task StartAsync()
    {
        try
        {
            LayLines();
            string[] members = FirstWhole > 0 ? ["--whole", $"{FirstWhole}"] : ["--nodes", $"{FirstNodes}", "--edges", $"{FirstEdges}"];
            await CommandAsync(["start", .. members, "--no-build", .. Options()]);
        }
        catch
        {
            // Nobody disposes of what did not start.
            await KillEverythingAsync();
            throw;
        }

        Reconnect(Edges);
    }

    /// <summary>Starts the database alone and loads a dump into it; what is started then finds it there.</summary>
    public async Task RestoreAsync(string dump)
    {
        const string Script =
            """
            connection=$("$1" start "$2")
            port=$(grep -oE 'Port=[0-9]+' <<<"$connection" | cut -d= -f2)
            mariadb() { MYSQL_PWD=coupons command mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port="$port" --user=coupons "$@"; }
            mariadb --execute="CREATE DATABASE coupons CHARACTER SET utf8mb4"
            mariadb coupons <"$3"
            """;
        (await RunningProcess.RunAsync("bash", "-euc", Script, "restore", Repository.At(".scripts", "mariadb"), DatabaseDirectory, dump)).Succeeded();
    }

    /// <summary>From now on <see cref="Client"/> speaks to these edges; who still asks by the one before may finish.</summary>
    public void Reconnect(IEnumerable<string> edges) => _clients.Add(new CouponClient([.. edges.Select(AddressOf)]));

    public Uri AddressOf(string name) => MemberOf(name).Http;

    /// <summary>Where the other members reach it: <c>host:port</c>.</summary>
    public string AkkaAddressOf(string name) => MemberOf(name).Akka;

    public string ConnectionString => File.ReadAllText(_directory.In("mysql")).Trim();

    /// <summary>A connection to the database itself, open.</summary>
    public async Task<MySqlConnection> ConnectAsync()
    {
        var connection = new MySqlConnection(new MySqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public string DatabaseSocket => Path.Combine(DatabaseDirectory, "data", "server.sock");

    public int DatabaseProcessId => int.Parse(File.ReadAllText(Path.Combine(DatabaseDirectory, "pid")), CultureInfo.InvariantCulture);

    /// <summary>The line by which a member goes to the database.</summary>
    public DatabaseLine LineOf(string name) => _lines[name];

    /// <summary>From now on all lines lead to this server, for the one before is dead; those who are connected notice that by themselves.</summary>
    public void FailOverTo(DatabaseReplica promoted) => _promoted = promoted;

    /// <summary>The node that holds the coupon, as an edge says.</summary>
    public async Task<string> OwnerAsync(long couponId, string? edge = null)
    {
        using var http = new HttpClient { BaseAddress = AddressOf(edge ?? Edges[0]) };
        var location = await Eventually.ReadAsync(
            $"coupon {couponId} has a node",
            async () => await http.GetFromJsonAsync<Location>($"/cluster/coupons/{couponId}"),
            location => location?.Address is not null);
        return NameOf(location!.Address!);
    }

    /// <summary>The node that holds the coordinator of the shards and the projection.</summary>
    public async Task<string> OldestAsync()
    {
        using var http = new HttpClient { BaseAddress = AddressOf(Edges[0]) };
        var cluster = await http.GetFromJsonAsync<ClusterView>("/cluster");
        return NameOf(cluster!.Members.Single(member => member.Oldest).Address);
    }

    /// <summary>How many coupons are awake on a node.</summary>
    public async Task<int> CouponsAwakeAsync(string node)
    {
        using var http = new HttpClient { BaseAddress = AddressOf(Edges[0]) };
        var cluster = await http.GetFromJsonAsync<ClusterView>("/cluster");
        return cluster!.Shards.Where(shard => NameOf(shard.Address) == node).Sum(shard => shard.Entities);
    }

    /// <summary>Nothing of these reaches those, and nothing of those these.</summary>
    public Task CutAsync(IEnumerable<string> these, IEnumerable<string> those) => CommandAsync("cut", string.Join(',', these), string.Join(',', those));

    /// <summary>Nothing of these reaches those.</summary>
    public Task CutOneWayAsync(IEnumerable<string> these, IEnumerable<string> those) =>
        CommandAsync("cut", "--one-way", string.Join(',', these), string.Join(',', those));

    /// <summary>Ends all cuts.</summary>
    public Task MendAsync() => CommandAsync("mend");

    /// <summary>The process of each member that runs.</summary>
    public IReadOnlyDictionary<string, int> ProcessIds()
    {
        var ids = new Dictionary<string, int>();
        foreach (var member in Members)
        {
            using var process = ProcessOf(member.Name);
            if (process is not null)
                ids.Add(member.Name, process.Id);
        }

        return ids;
    }

    /// <summary>What ended since the start and was started again, a line each that begins with the time and the name.</summary>
    public IReadOnlyList<string> Ends()
    {
        var log = new FileInfo(_directory.In("ends.log"));
        return log.Exists ? ReadShared(log.FullName).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
    }

    /// <summary>What keeps the members from being one cluster, each of them ready and sure of the others; null if nothing does.</summary>
    public async Task<string?> FlawAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var nodes = Nodes.Select(AkkaAddressOf).Order().ToList();
        foreach (var member in Members.ToList())
        {
            try
            {
                using var ready = await http.GetAsync(new Uri(member.Http, "/health/ready"));
                if (!ready.IsSuccessStatusCode)
                    return $"{member.Name} is not ready: {await ready.Content.ReadAsStringAsync()}";
                var seen = (await http.GetFromJsonAsync<ClusterView>(new Uri(member.Http, "/cluster")))!.Members;
                if (seen.FirstOrDefault(other => !other.Reachable || other.Status != "Up") is { } strange)
                    return $"{member.Name} sees {strange}";
                var seenNodes = seen.Where(other => other.Roles.Contains("coupon")).Select(other => other.Address).Order().ToList();
                if (!seenNodes.SequenceEqual(nodes))
                    return $"{member.Name} sees the nodes {string.Join(", ", seenNodes)} of {string.Join(", ", nodes)}";
            }
            catch (Exception silence) when (silence is HttpRequestException or TaskCanceledException)
            {
                return $"{member.Name} does not answer: {silence.Message}";
            }
        }

        return null;
    }

    /// <summary>Runs <c>./cluster</c> with these arguments; fails if it does.</summary>
    public async Task CommandAsync(params string[] arguments)
    {
        var exitCode = await TryCommandAsync(arguments);
        if (exitCode != 0)
            throw new InvalidOperationException($"./cluster {string.Join(' ', arguments)} ended with {exitCode}:\n{Output}");
    }

    public Task KillAsync()
    {
        var gone = new List<Task>();
        // Whoever would start them again first.
        foreach (var supervisor in Members.Select(member => ProcessOf(member.Name, "supervisor")).OfType<Process>())
            supervisor.Kill();
        // Not by the script, which takes its time between one and the next.
        foreach (var process in Members.Select(member => ProcessOf(member.Name)).OfType<Process>())
        {
            process.Kill();
            gone.Add(process.WaitForExitAsync());
        }

        _said.AppendLine("--- killed");
        return Task.WhenAll(gone);
    }

    public async Task<int> StopAsync()
    {
        var exitCodes = new List<int>();
        foreach (var group in (IReadOnlyList<string>[])[Edges, [.. Nodes.Except(Edges)]])
            exitCodes.AddRange(await Task.WhenAll(group.Select(name => TryCommandAsync("stop", name))));
        return exitCodes.FirstOrDefault(exitCode => exitCode != 0);
    }

    public void DiscardReadModel() => RunNode("--rebuild");

    /// <summary>Brings the database to the schema of the version under test.</summary>
    public void Migrate() => RunNode("--migrate");

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await KillEverythingAsync();
        foreach (var line in _lines.Values)
            line.Dispose();
        _directory.Dispose();
    }

    private IEnumerable<Member> Members => File.ReadLines(_directory.In("members"))
        .Select(line => line.Split(' '))
        .Select(fields => new Member(fields[0], fields[2].Split(','), $"{fields[5]}:{fields[3]}", new($"http://{fields[5]}:{fields[4]}")));

    private string DatabaseDirectory => _directory.In(Database);

    private IEnumerable<string> Options()
    {
        if (HasSeeds)
            yield return "--seeds";
        if (Hosts)
            yield return "--hosts";
    }

    // The database has its port only when it runs, and a member takes its line when it starts.
    private void LayLines()
    {
        if (!HasLines || _lines.Count > 0)
            return;
        var names = FirstWhole > 0
            ? NamesOf("edge", FirstWhole)
            : NamesOf("node", FirstNodes).Concat(NamesOf("edge", FirstEdges));
        foreach (var name in names)
        {
            var line = new DatabaseLine(
                () => _promoted?.Server.Port ?? int.Parse(File.ReadAllText(Path.Combine(DatabaseDirectory, "port")), CultureInfo.InvariantCulture));
            _lines.Add(name, line);
            File.WriteAllText(_directory.In(name + ".database-port"), $"{line.Port}");
        }

        static IEnumerable<string> NamesOf(string kind, int count) => Enumerable.Range(1, count).Select(number => $"{kind}-{number}");
    }

    private Member MemberOf(string name) => Members.Single(member => member.Name == name);

    private string NameOf(string akkaAddress) => Members.Single(member => member.Akka == akkaAddress).Name;

    private async Task KillEverythingAsync()
    {
        if (File.Exists(_directory.In("members")))
            await KillAsync();
        await TryCommandAsync("kill", Database);
        if (Hosts)
            await TryCommandAsync("stop");
    }

    private void RunNode(string option) => RunningProcess.Run(Repository.Program(
        "CouponAkka.Node", [option], new Dictionary<string, string> { ["ConnectionStrings__Coupons"] = ConnectionString })).Succeeded();

    // The "pid" of a member itself, or of its "supervisor"; null if it does not run.
    private Process? ProcessOf(string name, string kind = "pid")
    {
        var noted = new FileInfo(_directory.In($"{name}.{kind}"));
        if (!noted.Exists)
            return null;
        try
        {
            var process = Process.GetProcessById(int.Parse(File.ReadAllText(noted.FullName), CultureInfo.InvariantCulture));
            return process.ProcessName == (kind == "pid" ? "dotnet" : "cluster") ? process : null;
        }
        catch (ArgumentException)
        {
            // It is gone already.
            return null;
        }
    }

    private async Task<int> TryCommandAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.At("cluster"), [.. arguments, "--dir", _directory.Path]);
        start.Environment["CONFIGURATION"] = Repository.Configuration;
        start.Environment["FIRST_PORT"] = $"{_firstPort}";
        // Without one, administrators are taken at their word from the loopback interface only.
        start.Environment["Admin__ApiKey"] = Hosts ? CouponClient.AdminKey : null;
        foreach (var (variable, value) in Environment)
            start.Environment[variable] = value;
        var ended = await RunningProcess.RunAsync(start);
        lock (_said)
            _said.AppendLine(CultureInfo.InvariantCulture, $"--- ./cluster {string.Join(' ', arguments)}: {ended.ExitCode}\n{ended.Output}{ended.Errors}");
        return ended.ExitCode;
    }

    private static string ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private sealed record Member(string Name, string[] Roles, string Akka, Uri Http);

    private sealed record Location(string Shard, string? Address);

    private sealed record ClusterView(IReadOnlyList<ClusterMember> Members, IReadOnlyList<Shard> Shards);

    private sealed record Shard(string Address, int Entities);

    private sealed record ClusterMember(string Address, IReadOnlyList<string> Roles, string Status, bool Reachable, bool Oldest);
}
