using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Tests;
using CouponAkka.Domain.Tests.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Projecting.Coupons;
using FsCheck;
using FsCheck.Fluent;
using static CouponAkka.Engine.Tests.Projecting.Contradictions;

namespace CouponAkka.Engine.Tests.Projecting;

public sealed class CouponProjectionTests
{
    private static readonly CouponView Stored = new(
        7, Created().Policy, IssuedQuantity: 3, Created().At, Created().At.Plus(TimeSpan.FromSeconds(1)));

    [Theory]
    [MemberData(nameof(Names), MemberType = typeof(Contradictions))]
    [Trait("Promise", "10")]
    public void An_event_that_contradicts_what_the_same_batch_holds_is_refused_and_nothing_of_it_is_collected(string what)
    {
        var contradiction = Of(what);
        var coupon = Folded(null, [.. Before, Sound]);
        var before = Collected(coupon);

        // Who holds a unit already is for the tables to say, wherever it stands.
        if (contradiction is { SaidByTheFold: null, Event: CouponsIssued issued })
        {
            coupon.Apply(5, issued);
            Assert.Equal(issued.Issues.Length, coupon.NewIssues.Count - 3);
            return;
        }

        var refused = Assert.Throws<InvalidEventException>(() => coupon.Apply(5, contradiction.Event));

        Assert.StartsWith("Coupon 7 ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(contradiction.SaidByTheFold ?? "or has used it", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Collected(coupon));
    }

    [Theory]
    [MemberData(nameof(Names), MemberType = typeof(Contradictions))]
    [Trait("Promise", "10")]
    public void An_event_that_contradicts_the_stored_row_is_refused_and_what_only_the_tables_know_is_left_to_them(string what)
    {
        var contradiction = Of(what);
        var coupon = new CouponProjection(7, Stored, new(3, null));

        if (contradiction.SaidByTheFold is { } said)
        {
            Assert.Contains(said, Assert.Throws<InvalidEventException>(() => coupon.Apply(4, contradiction.Event)).Message, StringComparison.Ordinal);
            Assert.False(coupon.HasProgressed);
            Assert.Null(coupon.ChangedRow);
            Assert.Empty(coupon.NewIssues);
            Assert.Empty(coupon.Uses);
            return;
        }

        coupon.Apply(4, contradiction.Event);
        if (contradiction.Event is CouponUsed used)
            Assert.Equal([used], coupon.Uses);
        else
            Assert.Equal(((CouponsIssued)contradiction.Event).Issues.Select(issue => issue.UserId), coupon.NewIssues.Select(issue => issue.UserId));
    }

    public static TheoryData<CouponEvent, string> NotOfNothing => new()
    {
        { Issued(1, 101), "Coupon 7 is issued before it is created." },
        { Changed(), "Coupon 7 is changed before it is created." },
        { After, "Coupon 7 is stopped or resumed before it is created." },
        { new IssuingResumed(Created().At), "Coupon 7 is stopped or resumed before it is created." },
        { Used(101, 1), "Coupon 7 is used by user 101, who does not hold ticket 1." },
        { Created(new string('x', 256)), "Coupon 7 has a title of 256 characters." },
    };

    [Theory]
    [MemberData(nameof(NotOfNothing))]
    [Trait("Promise", "10")]
    public void A_coupon_begins_with_its_creation(CouponEvent happened, string refusal)
    {
        var coupon = new CouponProjection(7, null, default);

        Assert.Equal(refusal, Assert.Throws<InvalidEventException>(() => coupon.Apply(1, happened)).Message);
        Assert.Null(coupon.ChangedRow);
        Assert.False(coupon.HasProgressed);
    }

    [Fact]
    public void A_coupon_can_not_be_stopped_twice()
    {
        var coupon = Folded(null, Created(), After);

        Assert.Contains("is stopped a second time", Assert.Throws<InvalidEventException>(() => coupon.Apply(3, After)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [Trait("Promise", "4")]
    public void An_event_that_is_not_the_next_is_refused(long number)
    {
        var coupon = Folded(null, Created(), Issued(1, 101));

        var refused = Assert.Throws<InvalidEventException>(() => coupon.Apply(number, Issued(2, 102)));

        Assert.Equal($"Coupon 7 has event {number} after event 2.", refused.Message);
        Assert.Single(coupon.NewIssues);
    }

    [Fact]
    public void A_title_is_as_long_as_it_has_code_points()
    {
        var longest = string.Concat(Enumerable.Repeat("🍗", CouponPolicy.MaxTitleLength));

        Assert.Equal(longest, Folded(null, Created(longest)).ChangedRow!.Policy.Title);
        Assert.Throws<InvalidEventException>(() => Folded(null, Created(longest + "x")));
        Assert.Equal(longest, Folded(null, Created(), Changed(longest)).ChangedRow!.Policy.Title);
    }

    [Fact]
    public void A_total_may_be_as_low_as_what_is_issued_and_the_last_of_it_may_be_issued()
    {
        var coupon = new CouponProjection(7, Stored, new(3, null));

        coupon.Apply(4, Changed(total: 3));
        Assert.Throws<InvalidEventException>(() => coupon.Apply(5, Issued(4, 104)));
        coupon.Apply(5, Changed(total: 5));
        coupon.Apply(6, Issued(4, 104, 105));

        Assert.Equal(5, coupon.ChangedRow!.IssuedQuantity);
    }

    [Fact]
    public void What_changes_nothing_only_counts()
    {
        var coupon = new CouponProjection(7, Stored, new(3, null));

        coupon.Apply(4, null);

        Assert.Equal(new EntityProgress(4, null), coupon.Progress);
        Assert.True(coupon.HasProgressed);
        Assert.Null(coupon.ChangedRow);
    }

    [Fact]
    public void An_event_of_an_unknown_kind_is_a_mistake_of_the_program()
    {
        var coupon = new CouponProjection(7, Stored, new(3, null));

        Assert.Throws<ArgumentException>(() => coupon.Apply(4, new Unknown()));
    }

    [Fact]
    [Trait("Promise", "10")]
    public void A_parked_coupon_keeps_what_was_applied_and_says_why_it_stops()
    {
        var coupon = Folded(null, Created(), Issued(1, 101));

        coupon.Park("because");

        Assert.Equal(new EntityProgress(2, "because"), coupon.Progress);
        Assert.Single(coupon.NewIssues);
    }

    [Fact]
    public void What_only_the_tables_know_is_said_in_the_same_words_whichever_holds_it()
    {
        var coupon = Folded(null, Before);

        Assert.Equal(
            "Coupon 7 is issued to user 102 with ticket 2, but the user holds a unit of it already, or somebody that ticket.",
            coupon.IsHeldAlready(coupon.NewIssues[1]).Message);
        Assert.Equal(
            Assert.Throws<InvalidEventException>(() => coupon.Apply(4, Used(101, 1))).Message, coupon.FindsNoUnit(Used(101, 1)).Message);
    }

    [Fact]
    [Trait("Promise", "4")]
    public void Whatever_a_coupon_decides_its_rows_are_what_the_coupon_itself_holds_wherever_transactions_end() =>
        Properties.Hold(CouponHistory.Any, Arb.From(Gen.Choose(1, 5)), (steps, eventsAtOnce) =>
        {
            var history = new CouponHistory(steps);
            CouponView? row = null;
            var issues = new Dictionary<long, CouponIssue>();
            var progress = default(EntityProgress);
            foreach (var transaction in history.Events.Chunk(eventsAtOnce))
            {
                var fold = new CouponProjection(CouponScenario.CouponId, row, progress);
                foreach (var happened in transaction)
                    fold.Apply(fold.Progress.SequenceNumber + 1, happened);
                foreach (var issue in fold.NewIssues)
                    issues.Add(issue.Ticket, issue);
                foreach (var used in fold.Uses)
                    issues[used.Ticket] = issues[used.Ticket] with { DateUsed = used.DateUsed };
                row = fold.ChangedRow ?? row;
                progress = fold.Progress;
            }

            Assert.Equal(history.Events.Count, progress.SequenceNumber);
            var held = history.Coupon.Exists ? history.Coupon.TakeSnapshot() : null;
            Assert.Equal(held?.Coupon, row);
            Assert.Equal(
                (held?.Holders ?? []).Select(holder => new CouponIssue(
                    CouponScenario.CouponId, holder.UserId, holder.Ticket, holder.DateIssued, holder.DateUsed)),
                issues.Values.OrderBy(issue => issue.Ticket));
        });

    private static CouponProjection Folded(CouponView? stored, params CouponEvent[] events)
    {
        var coupon = new CouponProjection(7, stored, default);
        foreach (var happened in events)
            coupon.Apply(coupon.Progress.SequenceNumber + 1, happened);
        return coupon;
    }

    private static string Collected(CouponProjection coupon) =>
        $"{coupon.ChangedRow} {string.Join(' ', coupon.NewIssues)} {string.Join(' ', coupon.Uses)} {coupon.Progress}";

    private sealed record Unknown : CouponEvent;
}
