using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Specs = CouponAkka.Engine.Specs.Load;

namespace CouponAkka.Simulation.Tests;

/// <summary>Whether what people were told in a history is what one coupon would have told them, and what the journal holds.</summary>
internal static class Verdict
{
    /// <summary>What is wrong, or null.</summary>
    public static string? On(Scenario scenario, Bug bug = Bug.None, List<string>? story = null)
    {
        try
        {
            var simulation = Simulation.Run(scenario, bug, story);
            return ByTheJournal(scenario, simulation)
                // The judge of the specs knows only coupons that are there.
                ?? (scenario.Exists ? Specs.Linearizability.Violation(PolicyOf(scenario), OperationsOf(simulation)) : null);
        }
        catch (Exception thrown) when (thrown is TimeoutException or InvalidEventException)
        {
            return thrown.Message;
        }
        catch (Exception thrown)
        {
            // So that it is made small like any other failure.
            return thrown.ToString();
        }
    }

    /// <summary>
    /// Each answer must be what the domain's own coupon answers after some of the facts, in the order of the journal: at least as many as anybody had heard
    /// of before the question, and no more than were durable when the answer came.
    /// </summary>
    public static string? ByTheJournal(Scenario scenario, Simulation simulation)
    {
        var facts = simulation.Journal.Facts;
        var coupons = new List<Coupon>();
        for (var count = 0; count <= facts.Count; count++)
        {
            var coupon = new Coupon(Scenario.CouponId);
            foreach (var fact in facts.Take(count))
                coupon.Evolve(fact);
            coupons.Add(coupon);
        }

        var known = new List<(long Ended, int Facts)>();
        foreach (var asked in simulation.Asked.Where(asked => asked.Decides))
        {
            var least = scenario.Exists ? 1 : 0;
            foreach (var (ended, heard) in known)
            {
                if (ended < asked.Started && heard > least)
                    least = heard;
            }

            if (After(asked, least) is not { } told)
                return $"After none of the facts {least} … {asked.Durable} a coupon would have answered so: {asked}";
            known.Add((asked.Ended, told));
        }

        return null;

        // The fewest facts after which it was told.
        int? After(Asked asked, int least)
        {
            var now = DecidedAt(asked);
            for (var count = least; count <= asked.Durable; count++)
            {
                var decision = coupons[count].Decide(asked.Command, now);
                if (!decision.Reply.Equals(asked.Reply))
                    continue;
                if (decision.Event is null)
                    return count;
                if (count < asked.Durable && facts[count].Equals(decision.Event))
                    return count + 1;
            }

            return null;
        }
    }

    /// <summary>What the judge of the specs is told.</summary>
    public static IEnumerable<Specs.Operation> OperationsOf(Simulation simulation) => simulation.Asked.Select(OperationOf);

    public static Specs.Policy PolicyOf(Scenario scenario) => PolicyOf(scenario.Policy);

    // What is told with a time was decided then; the period is far from any other time.
    private static Timestamp DecidedAt(Asked asked) => asked.Reply switch
    {
        Issued issued => issued.Issue.DateIssued,
        Used { Issue.DateUsed: { } used } => used,
        CouponStands stands => stands.Coupon.DateUpdated,
        _ => Timestamp.From(World.Beginning),
    };

    private static Specs.Operation OperationOf(Asked asked) =>
        new(QuestionOf(asked.Command), ToldOf(asked), asked.Started, asked.Ended, World.Beginning);

    private static Specs.Question QuestionOf(CouponCommand command) => command switch
    {
        IssueCoupon issue => new Specs.Question.Issue(issue.UserId),
        FindIssue find => new Specs.Question.Find(find.UserId),
        UseCoupon use => new Specs.Question.Use(use.UserId),
        GetStatus => new Specs.Question.Status(),
        GetCoupon => new Specs.Question.Coupon(),
        StopIssuing => new Specs.Question.Change(Stopped: true),
        ResumeIssuing => new Specs.Question.Change(Stopped: false),
        ChangeCoupon change => new Specs.Question.Change(
            change.Title, change.TotalQuantity?.Quantity, change.DateIssueStart?.ToDateTimeOffset(), change.DateIssueEnd?.ToDateTimeOffset()),
        _ => throw new ArgumentException($"Nobody asks {command}.", nameof(command)),
    };

    private static Specs.Told ToldOf(Asked asked) => asked.Reply switch
    {
        null => new Specs.Told.Unknown(),
        Issued issued => new Specs.Told.Issued(IssueOf(issued.Issue)),
        IssueFound found => new Specs.Told.Held(IssueOf(found.Issue)),
        Used used => new Specs.Told.Used(IssueOf(used.Issue)),
        StatusIs status => new Specs.Told.Stands(StatusOf(status.Status)),
        CouponStands stands => new Specs.Told.Changed(ViewOf(stands.Coupon)),
        CouponFound found => new Specs.Told.Shown(ViewOf(found.Coupon)),
        Refused { Issue: { } issue } => new Specs.Told.Held(IssueOf(issue)),
        Refused refused => refused.Reason switch
        {
            RefusalReason.IssueNotExist => new Specs.Told.NotHeld(),
            RefusalReason.SoldOut => new Specs.Told.SoldOut(),
            RefusalReason.OutsidePeriod => new Specs.Told.OutsidePeriod(),
            RefusalReason.Stopped => new Specs.Told.Stopped(),
            RefusalReason.TotalBelowIssued => new Specs.Told.BelowIssued(),
            RefusalReason.CouponNotExist => new Specs.Told.NoCoupon(),
            RefusalReason.OutcomeUnknown => new Specs.Told.Unknown(),
            RefusalReason.Unavailable => new Specs.Told.NotDecided(),
            _ => throw new ArgumentException($"Nobody expects {refused}.", nameof(asked)),
        },
        _ => throw new ArgumentException($"Nobody expects {asked.Reply}.", nameof(asked)),
    };

    private static Specs.Policy PolicyOf(CouponPolicy policy) => new(
        policy.Title,
        policy.TotalQuantity,
        policy.DiscountAmount,
        policy.MinAvailableAmount,
        policy.DateIssueStart.ToDateTimeOffset(),
        policy.DateIssueEnd.ToDateTimeOffset());

    private static Specs.Issue IssueOf(CouponIssue issue) =>
        new(issue.CouponId, issue.UserId, issue.Ticket, issue.DateIssued.ToDateTimeOffset(), issue.DateUsed?.ToDateTimeOffset());

    private static Specs.CouponView ViewOf(CouponView view) => new(
        view.CouponId,
        view.Policy.Title,
        view.Policy.TotalQuantity,
        view.IssuedQuantity,
        view.Policy.DateIssueStart.ToDateTimeOffset(),
        view.Policy.DateIssueEnd.ToDateTimeOffset(),
        view.DateUpdated.ToDateTimeOffset(),
        view.Stopped);

    private static Specs.Status StatusOf(CouponStatus status) => new(
        status.CouponId,
        status.State switch
        {
            CouponState.Stopped => "STOPPED",
            CouponState.SoldOut => "SOLD_OUT",
            CouponState.NotOpen => "NOT_OPEN",
            CouponState.Ended => "ENDED",
            _ => "OPEN",
        },
        status.IssuedQuantity,
        status.TotalQuantity,
        status.Remaining);
}
