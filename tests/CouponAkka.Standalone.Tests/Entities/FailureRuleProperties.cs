using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Standalone.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Standalone.Tests.Entities;

/// <summary>The promises that rest on the failure rule, under any order of asks and faults of the disk.</summary>
public sealed class FailureRuleProperties
{
    private const int CouponId = 7;

    // As fast as a fault can be seen; a slow disk then looks like one that hangs, which is a fault like any other here.
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromMilliseconds(100);

    /// <summary>These users ask at once, while the next write meets this fault.</summary>
    private sealed record Round(WriteFault Fault, long[] Users)
    {
        public override string ToString() => $"{Fault}: {string.Join(' ', Users)}";
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "5")]
    [Trait("Promise", "6")]
    [Trait("Promise", "7")]
    [Trait("Promise", "8")]
    public void Whatever_the_disk_does_what_was_told_is_durable_and_unknowns_resolve()
    {
        var rounds =
            from fault in Gen.Frequency(
                (4, Gen.Constant(WriteFault.None)),
                (3, Gen.Constant(WriteFault.FailsBeforeItLands)),
                (3, Gen.Constant(WriteFault.FailsAfterItLanded)),
                (1, Gen.Constant(WriteFault.HangsBeforeItLands)),
                (1, Gen.Constant(WriteFault.HangsAfterItLanded)))
            from users in Gen.Choose(1, 12).Select(user => (long)user).NonEmptyListOf()
            select new Round(fault, [.. users]);
        var schedules =
            from total in Gen.Choose(0, 14)
            from schedule in rounds.ListOf()
            select (total, schedule.ToArray());

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(40).WithEndSize(10).WithQuietOnSuccess(true),
            Prop.ForAll(schedules.ToArbitrary(), schedule => HoldAsync(schedule.total, schedule.Item2).GetAwaiter().GetResult()));
    }

    private static async Task HoldAsync(long total, Round[] rounds)
    {
        using var data = new TempDirectory();
        var held = new Dictionary<long, CouponIssue>();
        await using (var engine = new EngineInProcess(data, WriteTimeout))
        {
            await Eventually.HoldsAsync(async () => await engine.AskAsync(CouponId, new CreateCoupon(EngineInProcess.Policy(total))) is CouponStands);
            foreach (var round in rounds)
                await AskAsync(engine, total, round, held);

            // Everyone asks again, those who heard "unknown" among them, and the answers fit what was told before.
            await engine.WritableAsync();
            foreach (var user in Enumerable.Range(1, 12))
                await Eventually.HoldsAsync(async () => Judge(engine, total, user, await engine.AskAsync(CouponId, new IssueCoupon(user)), held));
        }

        await using var restarted = new EngineInProcess(data, WriteTimeout);
        var durable = restarted.Durable(CouponId);
        Assert.Equal(Math.Min(total, 12), durable.Count);
        Assert.Equal(Enumerable.Range(1, durable.Count).Select(ticket => (long)ticket), durable.Select(issue => issue.Ticket));
        Assert.Equal(held.Values.OrderBy(issue => issue.Ticket), durable);
        foreach (var issue in durable)
            Assert.Equal(new IssueFound(issue), await restarted.AskAsync(CouponId, new FindIssue(issue.UserId)));
    }

    private static async Task AskAsync(EngineInProcess engine, long total, Round round, Dictionary<long, CouponIssue> held)
    {
        engine.Disk.Next(round.Fault);
        var asks = round.Users.Select(user => engine.AskAsync(CouponId, new IssueCoupon(user))).ToList();
        var answers = await Task.WhenAll(asks);
        // Of a user who asks twice at once either may be decided first.
        foreach (var (user, answer) in round.Users.Zip(answers).OrderByDescending(asked => asked.Second is Issued))
            Judge(engine, total, user, answer, held);
        await Eventually.HoldsAsync(() =>
        {
            engine.Disk.Resume();
            return engine.Writer.Writable;
        });
    }

    /// <summary>Whether the answer says what the user got; and if so, that it is true and durable.</summary>
    private static bool Judge(EngineInProcess engine, long total, long user, Reply answer, Dictionary<long, CouponIssue> held)
    {
        var durable = engine.Durable(CouponId);
        switch (answer)
        {
            case Issued issued:
                Assert.Contains(issued.Issue, durable);
                Assert.True(held.TryAdd(user, issued.Issue), $"{user} is told of two issues: {held.GetValueOrDefault(user)} and {issued.Issue}");
                return true;
            case Refused { Reason: RefusalReason.DuplicatedIssue, Issue: { } issue }:
                Assert.Contains(issue, durable);
                if (!held.TryAdd(user, issue))
                    Assert.Equal(held[user], issue);
                return true;
            case Refused { Reason: RefusalReason.SoldOut }:
                Assert.Equal(total, durable.Count);
                Assert.DoesNotContain(user, durable.Select(issue => issue.UserId));
                return true;
            case Refused { Reason: RefusalReason.OutcomeUnknown or RefusalReason.Unavailable }:
                return false;
            default:
                throw new InvalidOperationException($"Unexpected: {answer}");
        }
    }
}
