using System.Globalization;
using Xunit.Abstractions;

namespace CouponAkka.Simulation.Tests;

/// <summary>What would be found if it were there.</summary>
public sealed class PlantedBugTests(ITestOutputHelper report)
{
    // Of those with seeds 1, 2, 3, …, so each is found after as many in every run.
    private const int Histories = 20_000;

    public static TheoryData<Bug> Bugs => [.. Enum.GetValues<Bug>().Where(bug => bug != Bug.None)];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_bug_is_found(Bug bug)
    {
        var seed = FirstFound(bug);
        report.WriteLine($"{bug} is found in history {seed}: {Verdict.On(Scenario.Of(seed), bug)}");
    }

    [Theory]
    [InlineData(Bug.AnswersBeforeTheCommit, 3)]
    [InlineData(Bug.RefusesBeforeTheCommit, 5)]
    [InlineData(Bug.RecoveryForgetsHolders, 8)]
    [InlineData(Bug.ChangeWaitsForNoLease, 12)]
    public void What_is_found_is_made_small(Bug bug, int steps)
    {
        var found = Scenario.Of(FirstFound(bug));

        var smallest = Shrinker.Shrink(found, scenario => Verdict.On(scenario, bug) is not null);

        report.WriteLine($"{found.Steps.Length} steps became {smallest.Steps.Length}: {Verdict.On(smallest, bug)}\n{smallest}");
        Assert.NotNull(Verdict.On(smallest, bug));
        Assert.InRange(smallest.Steps.Length, 1, steps);
    }

    private static int FirstFound(Bug bug)
    {
        for (var seed = 1; seed <= Histories; seed++)
        {
            if (Verdict.On(Scenario.Of(seed), bug) is not null)
                return seed;
        }

        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{Histories} histories show nothing of {bug}."));
        return 0;
    }
}
