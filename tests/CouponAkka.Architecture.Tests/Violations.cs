namespace CouponAkka.Architecture.Tests;

/// <summary>What breaks a rule, each in its own line of the failure: xunit shows five.</summary>
internal static class Violations
{
    public static void None(IEnumerable<string> found)
    {
        var all = found.Distinct().Order(StringComparer.Ordinal).ToList();
        if (all.Count > 0)
            Assert.Fail(string.Join('\n', all));
    }
}
