using CouponAkka.Engine.Writing;

namespace CouponAkka.Engine.Tests;

public sealed class WriterLeaseTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(10);

    private readonly WriterLease<string> _lease = new();

    [Fact]
    [Trait("Promise", "18")]
    public void What_is_decided_within_a_second_of_the_begin_of_a_proof_may_leave_and_nothing_later()
    {
        _lease.Proved(Start, exists: true);

        Assert.True(_lease.Covers(Start + WriterLease.Length));
        Assert.False(_lease.Covers(Start + WriterLease.Length + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void Before_anything_is_proved_nothing_may_leave() => Assert.False(_lease.Covers(Start));

    [Fact]
    public void A_proof_that_comes_late_releases_those_whom_it_covers_in_their_order_and_keeps_the_others()
    {
        _lease.Wait(Start, "a");
        _lease.Wait(Start + WriterLease.Length, "b");
        _lease.Wait(Start + (2 * WriterLease.Length), "c");
        Assert.True(_lease.NeedsProof);

        _lease.Proved(Start, exists: true);

        Assert.Equal(["a", "b"], Released(Start + (5 * WriterLease.Length)));
        Assert.True(_lease.NeedsProof);
    }

    [Fact]
    public void Nobody_overtakes_who_waits()
    {
        _lease.Wait(Start, "a");
        _lease.Proved(Start, exists: true);

        Assert.False(_lease.Covers(Start));
    }

    [Fact]
    [Trait("Promise", "18")]
    public void A_writer_that_took_over_keeps_its_answers_until_the_one_before_may_tell_nothing_more()
    {
        _lease.TookOver(Start);
        _lease.Proved(Start, exists: true);
        _lease.Wait(Start, "a");

        Assert.Empty(Released(Start + WriterLease.WaitedOut - TimeSpan.FromTicks(1)));
        Assert.Equal(TimeSpan.Zero, _lease.Left(Start));
        Assert.Equal(["a"], Released(Start + WriterLease.WaitedOut));
    }

    [Fact]
    [Trait("Promise", "18")]
    public void Of_what_does_not_exist_a_proof_shows_only_what_was_decided_before_it()
    {
        var before = _lease.Moment(Start);
        var began = _lease.Moment(Start);
        var after = _lease.Moment(Start);
        _lease.Wait(before, "before");
        _lease.Wait(after, "after");

        _lease.Proved(began, exists: false);

        Assert.Equal(["before"], Released(Start));
        Assert.True(_lease.NeedsProof);
    }

    [Fact]
    public void A_proof_that_was_begun_earlier_takes_nothing_back()
    {
        _lease.Proved(Start, exists: true);
        _lease.Proved(Start - WriterLease.Length, exists: true);

        Assert.Equal(WriterLease.Length, _lease.Left(Start));
    }

    private List<string> Released(TimeSpan now)
    {
        var released = new List<string>();
        _lease.Release(now, released);
        return released;
    }
}
