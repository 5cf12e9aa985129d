namespace CouponAkka.Simulation.Tests;

/// <summary>Makes a scenario that fails smaller, as long as it fails.</summary>
internal static class Shrinker
{
    // Whatever is left out changes how long the rest takes, so a smaller scenario may fail with one seed and not with another.
    private const int SeedsTried = 12;

    public static Scenario Shrink(Scenario failing, Func<Scenario, bool> fails)
    {
        var smallest = WithFewerSteps(failing, fails);
        foreach (var simpler in (Func<Scenario, Scenario>[])[WithRightClocks, Together, WithOneEdge, WithOneClient])
            smallest = Failing(simpler(smallest), fails) ?? smallest;
        return WithFewerSteps(smallest, fails);
    }

    private static Scenario? Failing(Scenario scenario, Func<Scenario, bool> fails) =>
        Enumerable.Range(0, SeedsTried).Select(more => scenario with { Seed = unchecked(scenario.Seed + more) }).FirstOrDefault(fails);

    // Halves first, then ever smaller pieces, until no single step can be left out.
    private static Scenario WithFewerSteps(Scenario failing, Func<Scenario, bool> fails)
    {
        var smallest = failing;
        for (var length = Math.Max(1, smallest.Steps.Length / 2); ; length = Math.Max(1, length / 2))
        {
            var before = smallest.Steps.Length;
            for (var from = 0; from < smallest.Steps.Length;)
            {
                if (Failing(smallest with { Steps = [.. smallest.Steps[..from], .. smallest.Steps.Skip(from + length)] }, fails) is { } fewer)
                    smallest = fewer;
                else
                    from += length;
            }

            if (length == 1 && smallest.Steps.Length == before)
                return smallest;
        }
    }

    private static Scenario WithRightClocks(Scenario scenario) =>
        scenario with { Rates = [.. scenario.Rates.Select(_ => 1.0)], Wrong = [.. scenario.Wrong.Select(_ => 0)] };

    private static Scenario Together(Scenario scenario) => scenario with { Apart = false };

    private static Scenario WithOneEdge(Scenario scenario) => WithAsks(scenario, ask => ask with { Edge = 0 });

    private static Scenario WithOneClient(Scenario scenario) => WithAsks(scenario, ask => ask with { Client = 0 });

    private static Scenario WithAsks(Scenario scenario, Func<Step.Ask, Step.Ask> simpler) =>
        scenario with { Steps = [.. scenario.Steps.Select(step => step is Step.Ask ask ? simpler(ask) : step)] };
}
