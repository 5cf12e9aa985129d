using System.Diagnostics;
using System.Globalization;
using CouponAkka.Domain.Coupons;
using Xunit.Abstractions;

namespace CouponAkka.Simulation.Tests;

/// <summary>
/// Histories that never were before: each run takes new seeds and says which. <c>SIMULATION_SEED</c> takes the same again, and <c>SIMULATION_HISTORIES</c> says
/// how many; what failed is made as small as it gets and told step by step.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper report)
{
    private const int Histories = 3_000;

    [Fact]
    [Trait("Promise", "1")]
    [Trait("Promise", "2")]
    [Trait("Promise", "3")]
    [Trait("Promise", "5")]
    [Trait("Promise", "6")]
    [Trait("Promise", "7")]
    [Trait("Promise", "8")]
    [Trait("Promise", "18")]
    public void Whatever_befalls_two_writers_their_journal_and_edges_every_answer_fits_one_order_and_the_journal()
    {
        var first = Setting("SIMULATION_SEED") ?? Random.Shared.Next(int.MaxValue / 2);
        var count = Setting("SIMULATION_HISTORIES") ?? Histories;
        report.WriteLine($"SIMULATION_SEED={first} SIMULATION_HISTORIES={count}");
        var watch = Stopwatch.StartNew();
        for (var seed = first; seed < first + count; seed++)
        {
            if (Verdict.On(Scenario.Of(seed)) is not null)
                Assert.Fail(Told(seed));
        }

        report.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count} histories in {watch.Elapsed.TotalSeconds:0.0} s: {count / watch.Elapsed.TotalMinutes:0} a minute"));
    }

    [Fact]
    public void The_same_seed_is_the_same_history()
    {
        for (var seed = 1; seed <= 100; seed++)
            Assert.Equal(Simulation.Run(Scenario.Of(seed)).Asked, Simulation.Run(Scenario.Of(seed)).Asked);
    }

    // Else that nothing is found would say nothing.
    [Fact]
    public void Every_answer_is_given_by_writers_that_take_over_and_by_copies()
    {
        var simulations = Enumerable.Range(1, 500).Select(seed => Simulation.Run(Scenario.Of(seed))).ToList();
        var asked = simulations.SelectMany(simulation => simulation.Asked).ToList();

        Assert.InRange(simulations.Sum(simulation => simulation.RefusedByCopies), 300, int.MaxValue);
        Assert.InRange(simulations.Count(simulation => simulation.Journal.Writers > 2), 100, 500);
        foreach (var reason in (RefusalReason[])
            [
                RefusalReason.DuplicatedIssue, RefusalReason.SoldOut, RefusalReason.Stopped, RefusalReason.OutsidePeriod, RefusalReason.IssueNotExist,
                RefusalReason.AlreadyUsed, RefusalReason.TotalBelowIssued, RefusalReason.CouponNotExist, RefusalReason.CouponAlreadyExist,
                RefusalReason.OutcomeUnknown, RefusalReason.Unavailable,
            ])
            Assert.InRange(asked.Count(one => one.Reply is Refused refused && refused.Reason == reason), 10, int.MaxValue);
        foreach (var reply in (Type[])[typeof(Issued), typeof(Used), typeof(IssueFound), typeof(StatusIs), typeof(CouponFound), typeof(CouponStands)])
            Assert.InRange(asked.Count(one => one.Reply?.GetType() == reply), 100, int.MaxValue);
        Assert.Contains(asked, one => one.Reply is null);
    }

    private static string Told(int seed)
    {
        var smallest = Shrinker.Shrink(Scenario.Of(seed), scenario => Verdict.On(scenario) is not null);
        var story = new List<string>();
        return $"SIMULATION_SEED={seed} SIMULATION_HISTORIES=1\n{Verdict.On(smallest, story: story)}\n{smallest}\n{string.Join('\n', story)}";
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;
}
