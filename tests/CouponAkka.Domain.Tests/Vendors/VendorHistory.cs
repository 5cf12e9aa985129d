using CouponAkka.Domain.Vendors;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Domain.Tests.Vendors;

/// <summary>A command, and how far the clock moved since the one before it; clocks are sometimes set back.</summary>
internal sealed record Step(long Microseconds, VendorCommand Command);

/// <summary>Random commands to one vendor, uses of few coupons among them that are told more than once, and what comes of them.</summary>
internal sealed class VendorHistory
{
    public const long VendorId = 9;

    private const int Sources = 3;
    private static readonly Timestamp Start = Timestamp.From(new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));

    public VendorHistory(IEnumerable<Step> steps)
    {
        var now = Start;
        foreach (var step in steps)
        {
            now = new(now.UnixMicroseconds + step.Microseconds);
            var decision = Vendor.Decide(step.Command, now);
            Turns.Add((step.Command, now, decision));
            if (decision.Event is not VendorEvent happened)
                continue;
            Vendor.Evolve(happened);
            Events.Add(happened);
        }
    }

    /// <summary>
    /// Each coupon's uses in their order, and before each of them perhaps some of those before again, as whoever delivers them does that was stopped.
    /// </summary>
    public static Arbitrary<Step[]> Any { get; } = Arb.Array(Arb.From(
        from microseconds in Gen.Frequency((4, Gen.Choose(0, 3)), (1, Gen.Choose(-30, 0)))
        from command in Gen.Frequency(
            (1, Gen.Elements("Half a chicken", "A whole one").Select(VendorCommand (name) => new PutVendor(name))),
            (1, Gen.Constant<VendorCommand>(GetVendor.Instance)),
            (8, from source in Gen.Choose(1, Sources)
                from again in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(1, 4)))
                from skipped in Gen.Choose(1, 3)
                from amount in Gen.Frequency((1, Gen.Constant(0)), (4, Gen.Choose(1, 1000)))
                select (VendorCommand)new CreditVendor(new("coupon", source, again == 0 ? skipped : -again), source, amount, 1, null, amount)))
        select new Step(microseconds, command))).Convert(Numbered, steps => steps);

    public Vendor Vendor { get; } = new(VendorId);

    public List<(VendorCommand Command, Timestamp Now, Decision Decision)> Turns { get; } = [];

    public List<VendorEvent> Events { get; } = [];

    /// <summary>The credits that were asked for, each once.</summary>
    public static IReadOnlyList<CreditVendor> CreditsOf(IEnumerable<Step> steps) =>
        [.. steps.Select(step => step.Command).OfType<CreditVendor>().DistinctBy(credit => credit.Cause)];

    /// <summary>All that can be seen of a vendor, as a value; null if it does not exist.</summary>
    public static string? StateOf(Vendor vendor) =>
        vendor.Exists && vendor.TakeSnapshot() is var snapshot ? $"{snapshot} {string.Join(' ', snapshot.Taken)}" : null;

    // A positive number is so many after the last of the source, a negative one so many back: told again.
    private static Step[] Numbered(Step[] steps)
    {
        var told = new Dictionary<long, List<CreditVendor>>();
        return
        [
            .. steps.Select(step =>
            {
                if (step.Command is not CreditVendor credit)
                    return step;
                var before = told.TryGetValue(credit.CouponId, out var list) ? list : told[credit.CouponId] = [];
                if (credit.Cause.Number < 0 && before.Count > 0)
                    return step with { Command = before[Math.Max(0, before.Count + (int)credit.Cause.Number)] };
                var number = (before.Count > 0 ? before[^1].Cause.Number : 0) + Math.Max(1, credit.Cause.Number);
                before.Add(credit with { Cause = credit.Cause with { Number = number }, Ticket = number });
                return step with { Command = before[^1] };
            }),
        ];
    }
}
