using CouponAkka.Domain.Coupons;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Domain.Tests.Coupons;

/// <summary>What holds for a coupon whatever is asked of it, in whatever order and at whatever times.</summary>
public class CouponProperties
{
    /// <summary>Long before and long after every period and every change in the histories.</summary>
    private static readonly Timestamp[] WildClocks = [new(1), Noon, new(Start.UnixMicroseconds * 100)];

    [Fact]
    public void The_random_histories_meet_every_answer_that_a_coupon_can_give()
    {
        var answers = Properties.Sample(CouponHistory.Any, 500)
            .SelectMany(steps => new CouponHistory(steps).Turns)
            .Select(turn => turn.Decision.Reply is Refused refused ? $"{refused.Reason}" : turn.Decision.Reply.GetType().Name)
            .ToHashSet();

        // These two are not the coupon's to give but its engine's.
        var reasons = Enum.GetNames<RefusalReason>().Except([nameof(RefusalReason.OutcomeUnknown), nameof(RefusalReason.Unavailable)]);
        string[] yes = [nameof(CouponStands), nameof(Issued), nameof(Used), nameof(IssueFound), nameof(StatusIs), nameof(CouponFound), nameof(HoldHeard)];
        Assert.Empty(yes.Concat(reasons).Except(answers));
    }

    [Fact]
    public void Every_answer_is_the_one_that_a_plain_model_gives() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var model = new CouponModel(CouponId);

        foreach (var turn in new CouponHistory(steps).Turns)
            Assert.Equal(model.Answer(turn.Command, turn.Now), turn.Decision.Reply);
    });

    [Fact]
    [Trait("Promise", "1")]
    public void Never_is_more_issued_than_the_total() => Properties.Hold(CouponHistory.Any, steps =>
    {
        long? total = null;
        var issued = 0;

        foreach (var happened in new CouponHistory(steps).Events)
        {
            if (happened is CouponCreated created)
                total = created.Policy.TotalQuantity;
            if (happened is CouponChanged changed)
                total = changed.TotalQuantity;
            if (happened is CouponsIssued issues)
                issued += issues.Issues.Length;
            Assert.True(total is null || issued <= total, $"{issued} are issued of {total}.");
        }
    });

    [Fact]
    [Trait("Promise", "2")]
    public void No_user_gets_a_coupon_twice() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var history = new CouponHistory(steps);

        Assert.Distinct(history.Issues.Select(issue => issue.UserId));
        foreach (var (user, issues) in IssuesTold(history).GroupBy(issue => issue.UserId).Select(told => (told.Key, told)))
            Assert.True(issues.Distinct().Count() == 1, $"User {user} was told of {string.Join(" and ", issues)}.");
    });

    [Fact]
    [Trait("Promise", "5")]
    public void Sold_out_is_told_only_when_exactly_the_total_is_issued() => Properties.Hold(CouponHistory.Any, steps =>
    {
        long? total = null;
        var issued = 0;

        foreach (var turn in new CouponHistory(steps).Turns)
        {
            if (turn.Decision.Reply is CouponStands stands)
                total = stands.Coupon.Policy.TotalQuantity;
            if (turn.Decision.Reply is Issued)
                issued++;
            if (turn.Decision.Reply is Refused { Reason: RefusalReason.SoldOut })
                Assert.Equal(total, issued);
        }
    });

    [Fact]
    [Trait("Promise", "8")]
    public void Tickets_are_one_to_N_in_the_order_of_the_answers() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var history = new CouponHistory(steps);
        var told = history.Turns.Select(turn => turn.Decision.Reply).OfType<Issued>().Select(issued => issued.Issue.Ticket).ToArray();

        Assert.Equal(Enumerable.Range(1, told.Length).Select(ticket => (long)ticket), told);
        Assert.Equal(told, history.Issues.Select(issue => issue.Ticket));
        Assert.Equal(told.Length, history.Coupon.IssuedQuantity);
    });

    [Fact]
    public void No_recorded_time_goes_back_with_the_clock() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var history = new CouponHistory(steps);
        var updates = history.Events.Select(Updated).OfType<Timestamp>().ToArray();

        Assert.All(history.Issues.Zip(history.Issues.Skip(1)), pair => Assert.True(pair.First.DateIssued <= pair.Second.DateIssued));
        Assert.All(IssuesHeld(history.Coupon), issue => Assert.True(issue.DateUsed is null || issue.DateUsed >= issue.DateIssued));
        Assert.All(updates.Zip(updates.Skip(1)), pair => Assert.True(pair.First < pair.Second));

        static Timestamp? Updated(CouponEvent happened) => happened switch
        {
            CouponCreated created => created.At,
            CouponChanged changed => changed.At,
            IssuingStopped stopped => stopped.At,
            IssuingResumed resumed => resumed.At,
            _ => null,
        };
    });

    [Fact]
    [Trait("Promise", "9")]
    public void The_events_replayed_at_any_clock_give_the_same_coupon() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var history = new CouponHistory(steps);
        var replayed = Given(history.Events);

        Assert.Equal(StateOf(history.Coupon), StateOf(replayed));
        foreach (var (command, clock) in history.Turns.SelectMany(turn => WildClocks, (turn, clock) => (turn.Command, clock)))
            Assert.Equal(history.Coupon.Decide(command, clock), replayed.Decide(command, clock));
        foreach (var (issue, clock) in IssuesHeld(history.Coupon).SelectMany(issue => WildClocks, (issue, clock) => (issue, clock)))
            replayed.When(new FindIssue(issue.UserId), clock).Then(new IssueFound(issue));
    });

    [Fact]
    [Trait("Promise", "9")]
    public void Events_in_fewer_rows_replay_to_the_same_coupon() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var history = new CouponHistory(steps);
        var coalesced = CouponEvent.Coalesce(history.Events);

        Assert.Equal(StateOf(history.Coupon), StateOf(Given([.. coalesced.Cast<CouponEvent>()])));
        Assert.DoesNotContain(coalesced.Zip(coalesced.Skip(1)), pair => pair is (CouponsIssued, CouponsIssued));
    });

    [Fact]
    public void A_snapshot_and_the_events_after_it_give_the_same_coupon() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var history = new CouponHistory(steps);
        var coupon = new Coupon(CouponId);
        var snapshots = new List<(CouponSnapshot Taken, int Events)>();

        // Each snapshot is read only after all that came later has happened to the coupon that it was taken of.
        for (var i = 0; i < history.Events.Count; i++)
        {
            coupon.Evolve(history.Events[i]);
            // Orders may be refused before it is created.
            if (coupon.Exists)
                snapshots.Add((coupon.TakeSnapshot(), i + 1));
        }

        foreach (var (taken, events) in snapshots)
        {
            var recovered = Coupon.From(taken);
            foreach (var happened in history.Events[events..])
                recovered.Evolve(happened);
            Assert.Equal(StateOf(coupon), StateOf(recovered));
        }
    });

    [Fact]
    public void Deciding_changes_nothing() => Properties.Hold(CouponHistory.Any, steps =>
    {
        var coupon = new Coupon(CouponId);

        foreach (var turn in new CouponHistory(steps).Turns)
        {
            var before = StateOf(coupon);
            Assert.Equal(turn.Decision, coupon.Decide(turn.Command, turn.Now));
            Assert.Equal(before, StateOf(coupon));
            Assert.Equal(turn.Decision, coupon.Decide(turn.Command, turn.Now));
            if (turn.Decision.Event is { } happened)
                coupon.Evolve(happened);
        }
    });

    /// <summary>What the answers said that users hold, without what became of it later.</summary>
    private static IEnumerable<CouponIssue> IssuesTold(CouponHistory history) =>
        history.Turns
            .Select(turn => turn.Decision.Reply switch
            {
                Issued issued => issued.Issue,
                Used used => used.Issue,
                IssueFound found => found.Issue,
                Refused refused => refused.Issue,
                _ => null,
            })
            .OfType<CouponIssue>()
            .Select(issue => issue with { DateUsed = null, HeldBy = null });

    private static IEnumerable<CouponIssue> IssuesHeld(Coupon coupon) =>
        Enumerable.Range(1, CouponHistory.Users)
            .Select(user => coupon.When(new FindIssue(user)).Reply)
            .OfType<IssueFound>()
            .Select(found => found.Issue);
}
