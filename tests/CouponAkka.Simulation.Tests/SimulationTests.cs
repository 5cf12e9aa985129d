using System.Diagnostics;
using Xunit.Abstractions;

namespace CouponAkka.Simulation.Tests;

public sealed class SimulationTests(ITestOutputHelper report)
{
    [Fact]
    public void Try()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("SIMULATION_HISTORIES") ?? "2000");
        var copies = 0;
        var watch = Stopwatch.StartNew();
        for (var seed = 1; seed <= count; seed++)
        {
            var scenario = Scenario.Of(seed);
            if (Verdict.On(scenario) is { } violation)
            {
                var story = new List<string>();
                Verdict.On(scenario, story: story);
                Assert.Fail($"{seed}: {violation}\n{scenario}\n{string.Join('\n', story)}");
            }
        }

        report.WriteLine($"{count} in {watch.Elapsed} {copies}");
    }
}
