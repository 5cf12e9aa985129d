using System.Diagnostics;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// The version before, which the file <c>.previous-version</c> names and which is built from the repository's history, is replaced by this
/// one process by process, and comes back: the wire and the journal stay readable both ways.
/// </summary>
[Trait("Needs", "History")]
public sealed class ClusterUpgradeSpecs(ITestOutputHelper report) : EngineSpecs<ClusterEngine>(new ClusterEngine { HasSeeds = true }, report)
{
    private readonly DirectoryInfo _before = Directory.CreateTempSubdirectory("couponakka-before-");

    public override async Task InitializeAsync()
    {
        await BuildVersionBeforeAsync();
        Engine.Environment["PROGRAMS"] = _before.FullName;
        await Engine.StartAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
        _before.Delete(recursive: true);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_rolling_upgrade_and_the_way_back_under_load()
    {
        await using var load = new SteadyLoad(new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd()) { Pace = SteadyLoad.Pace }, () => Client);
        await load.BeginAsync();

        Engine.Migrate();
        Engine.Environment.Remove("PROGRAMS");
        // Nobody takes them, but every request is traced, and its trace goes over the wire and into the journal.
        Engine.Environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = "http://127.0.0.1:1";
        // An edge of this version finds its nodes by what they write, which those before do not.
        await ReplaceAllAsync("the upgrade", Engine.Nodes.Concat(Engine.Edges));
        Engine.Environment["PROGRAMS"] = _before.FullName;
        await ReplaceAllAsync("the way back", Engine.Edges.Concat(Engine.Nodes));

        await load.EndAsync();
        await load.AuditAsync();

        async Task ReplaceAllAsync(string what, IEnumerable<string> members)
        {
            var began = Stopwatch.GetTimestamp();
            foreach (var member in members)
            {
                await Engine.CommandAsync("restart", member);
                await load.IssueMoreAsync(100);
            }

            Report.WriteLine($"UNAVAILABLE during {what}: {load.LongestWithoutAnswer(began).TotalSeconds:0.0} s at most");
        }
    }

    private async Task BuildVersionBeforeAsync() =>
        (await RunningProcess.RunAsync(Repository.At(".scripts", "previous-version"), _before.FullName)).Succeeded();
}
