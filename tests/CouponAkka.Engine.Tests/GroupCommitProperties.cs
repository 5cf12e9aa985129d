using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Tests;
using CouponAkka.Domain.Tests.Coupons;

namespace CouponAkka.Engine.Tests;

/// <summary>What callers may rely on, whenever they ask and whatever becomes of the writes.</summary>
public class GroupCommitProperties
{
    private static void Hold(Action<GroupCommitSimulation, Call> onAnswer) =>
        Properties.Hold(GroupCommitSimulation.AnyTotal, GroupCommitSimulation.AnyHappenings, (total, happenings) =>
            _ = new GroupCommitSimulation(total, happenings, onAnswer));

    private static void HoldInTheEnd(Action<GroupCommitSimulation> property) =>
        Properties.Hold(GroupCommitSimulation.AnyTotal, GroupCommitSimulation.AnyHappenings, (total, happenings) =>
            property(new GroupCommitSimulation(total, happenings)));

    [Fact]
    public void The_simulation_comes_to_every_answer_by_every_way()
    {
        var landed = 0;
        var calls = Properties.Sample(GroupCommitSimulation.AnyHappenings, 500)
            .SelectMany(happenings => new GroupCommitSimulation(
                2,
                happenings,
                (simulation, call) => landed += LandedAfterAll(simulation, call) is null ? 0 : 1).Calls)
            .ToArray();

        Assert.NotEqual(0, landed);
        Assert.Contains(calls, call => call is { Heard: Issued, EarlierTry: null });
        Assert.Contains(calls, call => call is { Heard: Issued, EarlierTry.Decision.Reply: Issued });
        Assert.Contains(calls, call => call is { Heard: Used, EarlierTry.Decision.Reply: Used });
        Assert.Contains(calls, call => call is { Heard: Refused { Reason: RefusalReason.SoldOut }, EarlierTry.Decision.Reply: Issued });
        Assert.Contains(calls, call => call is { Heard: Refused { Reason: RefusalReason.AlreadyUsed }, EarlierTry.Decision.Reply: Used });
        Assert.Contains(calls, call => call is { EarlierTry.EarlierTry: not null });
    }

    [Fact]
    public void The_reply_rule_every_answer_is_the_one_that_what_is_durable_gives() => Hold((simulation, call) =>
    {
        Assert.True(call.RestsOn <= simulation.Facts.Count, $"{call} left with {simulation.Facts.Count} facts durable.");
        Assert.Equal(call.Decision, simulation.Recover(call.FactsBefore).Decide(call.Command, call.At));
        if (call.Decision.Event is { } happened)
            Assert.Equal(happened, simulation.Facts[call.FactsBefore]);
    });

    [Fact]
    [Trait("Promise", "3")]
    public void Every_yes_is_in_the_journal_at_the_moment_it_leaves() => Hold((simulation, call) =>
    {
        if (call.Heard is Issued issued)
            Assert.Contains(issued.Issue, simulation.DurableIssues);
        if (call.Heard is Used used)
            Assert.Contains(
                simulation.Facts.OfType<CouponUsed>(),
                fact => fact.UserId == used.Issue.UserId && fact.Ticket == used.Issue.Ticket && fact.DateUsed == used.Issue.DateUsed);
    });

    [Fact]
    [Trait("Promise", "3")]
    public void Every_yes_is_there_in_the_end_whatever_failed_since() => HoldInTheEnd(simulation =>
    {
        var recovered = simulation.Recover(simulation.Facts.Count);

        foreach (var issued in simulation.Calls.Select(call => call.Heard).OfType<Issued>())
        {
            var found = Assert.IsType<IssueFound>(recovered.When(new FindIssue(issued.Issue.UserId)).Reply);
            Assert.Equal(issued.Issue, found.Issue with { DateUsed = null });
        }

        foreach (var used in simulation.Calls.Select(call => call.Heard).OfType<Used>())
            recovered.When(new FindIssue(used.Issue.UserId)).Then(new IssueFound(used.Issue));
    });

    [Fact]
    [Trait("Promise", "5")]
    public void When_sold_out_leaves_exactly_N_are_durable() => Hold((simulation, call) =>
    {
        if (call.Heard is Refused { Reason: RefusalReason.SoldOut })
            Assert.Equal(simulation.Total, simulation.DurableIssues.Count());
    });

    [Fact]
    [Trait("Promise", "6")]
    public void When_duplicate_leaves_the_issue_that_it_names_is_durable() => Hold((simulation, call) =>
    {
        if (call.Heard is Refused { Reason: RefusalReason.DuplicatedIssue, Issue: var named })
            Assert.Contains(named! with { DateUsed = null }, simulation.DurableIssues);
    });

    [Fact]
    [Trait("Promise", "7")]
    public void A_user_who_retries_after_unknown_gets_the_first_ticket_if_it_landed() => Hold((simulation, call) =>
    {
        if (LandedAfterAll(simulation, call) is not { } first)
            return;
        var refused = Assert.IsType<Refused>(call.Heard);
        Assert.Equal(RefusalReason.DuplicatedIssue, refused.Reason);
        Assert.Equal(first, refused.Issue! with { DateUsed = null });
    });

    [Fact]
    [Trait("Promise", "7")]
    public void Everyone_who_keeps_asking_learns_the_truth() => HoldInTheEnd(simulation =>
    {
        var retried = simulation.Calls.Select(call => call.EarlierTry).OfType<Call>().ToArray();

        Assert.Distinct(retried);
        Assert.Equal(simulation.Calls.Where(call => call.Heard == CouponReply.OutcomeUnknown), retried);
        Assert.All(simulation.Calls, call => Assert.NotNull(call.Heard));
    });

    [Fact]
    [Trait("Promise", "1")]
    [Trait("Promise", "2")]
    [Trait("Promise", "8")]
    public void Whatever_failed_the_journal_holds_no_more_than_the_total_no_user_twice_and_no_hole() => HoldInTheEnd(simulation =>
    {
        var issues = simulation.DurableIssues.ToArray();

        Assert.False(issues.Length > simulation.Total);
        Assert.Distinct(issues.Select(issue => issue.UserId));
        Assert.Equal(Enumerable.Range(1, issues.Length).Select(ticket => (long)ticket), issues.Select(issue => issue.Ticket));
    });

    /// <summary>What an earlier try was decided to get, if that is durable although the caller heard "unknown".</summary>
    private static CouponIssue? LandedAfterAll(GroupCommitSimulation simulation, Call call)
    {
        for (var earlier = call.EarlierTry; earlier is not null; earlier = earlier.EarlierTry)
        {
            if (earlier.Decision.Reply is Issued issued && simulation.DurableIssues.Contains(issued.Issue))
                return issued.Issue;
        }

        return null;
    }
}
