using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Simulation.Tests;

/// <summary>Something that is done to the simulated world, at a moment.</summary>
internal abstract record Step(int AtMilliseconds)
{
    /// <summary>A client asks, unless the answer before is still to come: then as soon as it has come.</summary>
    public sealed record Ask(int AtMilliseconds, int Client, int Edge, CouponCommand Command) : Step(AtMilliseconds);

    /// <summary>The process does nothing, and is not told so.</summary>
    public sealed record Freeze(int AtMilliseconds, int Process, int Milliseconds) : Step(AtMilliseconds);

    /// <summary>The process is killed and comes back at once, and knows nothing.</summary>
    public sealed record Kill(int AtMilliseconds, int Process) : Step(AtMilliseconds);

    /// <summary>The coupon moves. Each edge learns of it in its own time.</summary>
    /// <param name="HandsOver">Whether the writer before is told.</param>
    public sealed record Move(int AtMilliseconds, int Node, bool HandsOver) : Step(AtMilliseconds);

    /// <summary>The next message to the process is lost.</summary>
    public sealed record Lose(int AtMilliseconds, int Process) : Step(AtMilliseconds);

    /// <summary>The next write of anybody has trouble.</summary>
    public sealed record Disk(int AtMilliseconds, Trouble Trouble) : Step(AtMilliseconds);
}

/// <summary>Who does what when. Together with <paramref name="Seed"/>, which decides how long things take, it makes one history.</summary>
/// <param name="Exists">Whether the coupon is there at the beginning.</param>
/// <param name="Apart">Whether the second edge takes the coupon to live elsewhere from the beginning.</param>
/// <param name="Rates">How fast the clock of each process runs: the nodes, then the edges.</param>
/// <param name="Wrong">By how many milliseconds each is ahead on the wall.</param>
internal sealed record Scenario(int Seed, bool Exists, bool Apart, long? Total, double[] Rates, int[] Wrong, Step[] Steps)
{
    public const long CouponId = 7;

    public const int Nodes = 2;

    public const int Edges = 2;

    public const int Clients = 5;

    private const int Users = 7;

    private static readonly Timestamp Start = Timestamp.From(World.Beginning.AddDays(-10));
    private static readonly Timestamp End = Timestamp.From(World.Beginning.AddDays(10));
    private static readonly Timestamp LongAgo = Timestamp.From(World.Beginning.AddDays(-1));

    /// <summary>Of the coupon that is there at the beginning.</summary>
    public CouponPolicy Policy => PolicyOf(Total);

    public static Scenario Of(int seed)
    {
        var random = new Random(seed);
        var steps = new List<Step>();
        var length = random.Next(800, 5_000);
        var exists = random.Next(5) > 0;
        AddAsks(random, length, steps);
        if (!exists)
            Add(random.Next(1, 4), at => new Step.Ask(at / 2, random.Next(Clients), random.Next(Edges), new CreateCoupon(PolicyOf(random.Next(1, 4)))));
        // Most histories have trouble of two or three kinds, so that each kind is also seen without the others.
        if (random.Next(3) > 0)
            Add(random.Next(1, 6), at => new Step.Move(at, random.Next(Nodes), random.Next(5) < 2));
        if (random.Next(3) == 0)
            Add(random.Next(1, 3), at => new Step.Freeze(at, random.Next(Nodes + Edges), random.Next(50, 3_000)));
        if (random.Next(5) == 0)
            Add(random.Next(1, 3), at => new Step.Kill(at, random.Next(Nodes + Edges)));
        if (random.Next(3) == 0)
            Add(random.Next(1, 3), at => new Step.Lose(at, random.Next(Nodes + Edges)));
        if (random.Next(2) == 0)
            Add(random.Next(1, 4), at => new Step.Disk(at, (Trouble)random.Next(1, 1 + (int)Trouble.Unreadable)));
        long? total = random.Next(8) == 0 ? null : random.Next(1, 5);
        return new(
            random.Next(),
            exists,
            random.Next(exists ? 6 : 2) == 0,
            total,
            [.. Enumerable.Range(0, Nodes + Edges).Select(_ => 1 + (random.Next(-9, 10) / 100.0))],
            [.. Enumerable.Range(0, Nodes + Edges).Select(_ => random.Next(-2_400, 2_400))],
            [.. steps.OrderBy(step => step.AtMilliseconds)]);

        void Add(int count, Func<int, Step> step)
        {
            for (var i = 0; i < count; i++)
                steps.Add(step(random.Next(length)));
        }
    }

    public override string ToString() =>
        $"{(Exists ? $"a coupon of {Total?.ToString() ?? "unlimited"} units" : "no coupon")}{(Apart ? ", edges apart" : "")}, "
        + $"rates {string.Join(' ', Rates)}, wrong by {string.Join(' ', Wrong)} ms:"
        + $"\n  {string.Join("\n  ", Steps.AsEnumerable())}";

    private static CouponPolicy PolicyOf(long? total) => new("title 0", total, 500, 1_000, Start, End);

    // Crowds, and calm in between in which leases end; or somebody all the time, who sees what two writers tell at once.
    private static void AddAsks(Random random, int length, List<Step> steps)
    {
        var changes = random.Next(3) == 0 ? 0 : 12;
        var titles = 0;
        if (random.Next(5) == 0)
        {
            for (var at = 0; at < length; at += random.Next(2, 120))
                steps.Add(new Step.Ask(at, random.Next(Clients), random.Next(Edges), AnyCommand()));
            return;
        }

        for (var left = random.Next(8, 45); left > 0;)
        {
            var at = random.Next(length);
            for (var crowd = Math.Min(left, random.Next(1, 16)); crowd > 0; crowd--, left--)
            {
                steps.Add(new Step.Ask(at, random.Next(Clients), random.Next(Edges), AnyCommand()));
                at += random.Next(random.Next(2) == 0 ? 20 : 150);
            }
        }

        CouponCommand AnyCommand() => random.Next(100) < changes ? AnyChange() : random.Next(88) switch
        {
            < 55 => new IssueCoupon(User()),
            < 63 => new FindIssue(User()),
            < 73 => new UseCoupon(User(), 1_000),
            < 82 => GetStatus.Instance,
            _ => GetCoupon.Instance,
        };

        CouponCommand AnyChange() => random.Next(12) switch
        {
            < 5 => new ChangeCoupon(TotalQuantity: new NewTotal(random.Next(1, 7))),
            < 8 => new ChangeCoupon($"title {++titles}"),
            8 => StopIssuing.Instance,
            9 => ResumeIssuing.Instance,
            10 => new ChangeCoupon(DateIssueEnd: LongAgo),
            _ => new ChangeCoupon(DateIssueEnd: End),
        };

        long User() => random.Next(1, Users + 1);
    }
}
