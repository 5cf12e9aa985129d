using Xunit.Abstractions;

namespace CouponAkka.Simulation.Tests;

public sealed class PlantedBugTests(ITestOutputHelper report)
{
    [Fact]
    public void Try()
    {
        foreach (var bug in Enum.GetValues<Bug>().Skip(1))
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var seed = 1;
            string? violation = null;
            for (; seed <= 4000 && violation is null; seed++)
            {
                try { violation = Verdict.On(Scenario.Of(seed), bug); }
                catch (Exception e) { violation = "THROWN " + e; }
            }
            report.WriteLine($"{bug,-34} {(violation is null ? "NOT FOUND" : seed - 1)} {watch.ElapsedMilliseconds} ms {violation?[..Math.Min(230, violation.Length)]}");
        }

        var n = 0; var copies = 0; var told = new Dictionary<string, int>();
        for (var seed = 1; seed <= 1000; seed++)
        {
            var s = Simulation.Run(Scenario.Of(seed));
            copies += s.RefusedByCopies;
            foreach (var a in s.Asked)
            {
                n++;
                var k = $"{a.Command.GetType().Name} {(a.Reply is CouponAkka.Domain.Coupons.Refused r ? r.Reason.ToString() : a.Reply?.GetType().Name ?? "nothing")}";
                told[k] = told.GetValueOrDefault(k) + 1;
            }
        }
        report.WriteLine($"{n} ops, {copies} by copies");
        foreach (var (k, v) in told.OrderBy(x => x.Key)) report.WriteLine($"{k} {v}");
    }
}
