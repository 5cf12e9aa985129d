using CouponAkka.Domain.Coupons;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>A command, and how far the clock moved since the one before it; clocks are sometimes set back.</summary>
internal sealed record Step(long Microseconds, CouponCommand Command);

/// <summary>What one command came to.</summary>
internal sealed record Turn(Timestamp Now, CouponCommand Command, Decision Decision);

/// <summary>Random commands to one coupon, with few users and small totals so that they collide, and what comes of them.</summary>
internal sealed class CouponHistory
{
    public const int Users = 6;
    public const int Orders = 8;

    private static readonly Timestamp Before = CouponScenario.Start.Plus(-40);

    private static readonly CouponPolicy[] Policies =
    [
        .. new long?[] { null, 0, 1, 3, 5 }.Select(total =>
            CouponScenario.Policy with { TotalQuantity = total, DateIssueEnd = CouponScenario.Start.Plus(800) }),
        CouponScenario.Policy with { DateIssueEnd = CouponScenario.Start },
    ];

    public CouponHistory(Step[] steps)
    {
        var now = Before;
        foreach (var step in steps)
        {
            now = now.Plus(step.Microseconds);
            var decision = Coupon.Decide(step.Command, now);
            Turns.Add(new(now, step.Command, decision));
            if (decision.Event is not CouponEvent happened)
                continue;
            Coupon.Evolve(happened);
            Events.Add(happened);
        }
    }

    public static Arbitrary<Step[]> Any { get; } = Arb.Array(Arb.From(
        from microseconds in Gen.Frequency(
            (4, Gen.Choose(0, 3)),
            (4, Gen.Choose(0, 20)),
            (1, Gen.Choose(-30, 0)),
            (1, Gen.Choose(50, 200)))
        from command in Gen.Frequency(
            (4, Gen.Elements(Policies).Select(CouponCommand (policy) => new CreateCoupon(policy))),
            (4, AnyChange()),
            (1, Gen.Constant<CouponCommand>(StopIssuing.Instance)),
            (2, Gen.Constant<CouponCommand>(ResumeIssuing.Instance)),
            (2, Gen.Constant<CouponCommand>(GetCoupon.Instance)),
            (20, User().Select(CouponCommand (user) => new IssueCoupon(user))),
            (6, User().Zip(Maybe(998, 1002), CouponCommand (user, amount) => new UseCoupon(user, amount))),
            (6, AnyHold()),
            (2, Gen.Choose(1, Orders).Select(CouponCommand (order) => new ReleaseUnit(order))),
            (2, Gen.Choose(1, Orders).Select(CouponCommand (order) => new UseHeldUnit(order))),
            (2, User().Select(CouponCommand (user) => new FindIssue(user))),
            (2, Gen.Constant<CouponCommand>(GetStatus.Instance)))
        select new Step(microseconds, command)));

    public Coupon Coupon { get; } = new(CouponScenario.CouponId);

    public List<Turn> Turns { get; } = [];

    public List<CouponEvent> Events { get; } = [];

    public IEnumerable<CouponIssued> Issues => Events.OfType<CouponsIssued>().SelectMany(issued => issued.Issues);

    private static Gen<int> User() => Gen.Choose(1, Users);

    private static Gen<CouponCommand> AnyHold() =>
        from user in User()
        from order in Gen.Choose(1, Orders)
        from amount in Gen.Choose(998, 1002)
        select (CouponCommand)new HoldUnit(user, order, amount);

    private static Gen<CouponCommand> AnyChange() =>
        from title in Gen.Elements(null, null, "Sale", "Half price")
        from total in Gen.Frequency<NewTotal?>(
            (3, Gen.Constant<NewTotal?>(null)),
            (1, Gen.Constant<NewTotal?>(new NewTotal(null))),
            (4, Gen.Choose(0, Users).Select(NewTotal? (total) => new NewTotal(total))))
        from start in Maybe(-100, 400)
        from end in Maybe(0, 1600)
        from known in Maybe(-40, 400)
        select (CouponCommand)new ChangeCoupon(
            title,
            total,
            start is { } opens ? CouponScenario.Start.Plus(opens) : null,
            end is { } closes ? CouponScenario.Start.Plus(closes) : null,
            known is { } updated ? CouponScenario.Start.Plus(updated) : null);

    private static Gen<long?> Maybe(int lowest, int highest) =>
        Gen.Frequency((2, Gen.Constant<long?>(null)), (1, Gen.Choose(lowest, highest).Select(long? (number) => number)));
}
