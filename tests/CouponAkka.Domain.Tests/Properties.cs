using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace CouponAkka.Domain.Tests;

/// <summary>
/// Checks a property over many random values. A failure prints the smallest counterexample found and where to "replay
/// directly"; with that in <c>FSCHECK_REPLAY=seed,gamma,size</c> the same values come again.
/// </summary>
internal static class Properties
{
    private static readonly Config Config = Replay(
        Config.QuickThrowOnFailure.WithMaxTest(1000).WithStartSize(10).WithEndSize(120).WithQuietOnSuccess(true),
        Environment.GetEnvironmentVariable("FSCHECK_REPLAY"));

    public static void Hold<T>(Arbitrary<T> values, Action<T> property) => Check.One(Config, Prop.ForAll(values, property));

    public static void Hold<T1, T2>(Arbitrary<T1> first, Arbitrary<T2> second, Action<T1, T2> property) =>
        Check.One(Config, Prop.ForAll(first, second, property));

    /// <summary>The same values in every run, for asking what a generator can produce.</summary>
    public static T[] Sample<T>(Arbitrary<T> values, int count) => values.Generator.Sample(100, new Rnd(1), count);

    private static Config Replay(Config config, string? replay)
    {
        if (replay is null)
            return config;
        var numbers = replay.Trim('(', ')').Split(',').Select(number => ulong.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        return config.WithMaxTest(1).WithReplay(
            FSharpOption<Replay>.Some(new Replay(new Rnd(numbers[0], numbers[1]), FSharpOption<int>.Some((int)numbers[2]))));
    }
}
