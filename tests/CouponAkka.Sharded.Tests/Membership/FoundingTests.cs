using CouponAkka.Sharded.Membership;

namespace CouponAkka.Sharded.Tests.Membership;

/// <summary>What a node that starts makes of the table of members.</summary>
public sealed class FoundingTests
{
    private const string Self = "self:1";
    private const string Current = "current";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Beats _beats = new();

    [Fact]
    public void Where_nobody_ever_was_it_founds_at_once() =>
        Assert.IsType<Founding.Found>(Step(new(null, []), At(0)));

    [Fact]
    public void Its_own_row_is_of_a_process_that_is_no_more() =>
        Assert.IsType<Founding.Found>(Step(Seen(Row(Self, 7)), At(0)));

    [Fact]
    public void Who_is_of_another_cluster_does_not_count() =>
        Assert.IsType<Founding.Found>(Step(Seen(Row("other:1", 1) with { ClusterId = "before" }), At(0)));

    [Fact]
    public void Who_may_live_is_asked_and_nobody_knows_yet()
    {
        var join = Assert.IsType<Founding.Join>(Step(Seen(Row("a:1", 1), Row("b:1", 1)), At(0)));

        Assert.Equal(["a:1", "b:1"], join.Addresses);
        Assert.False(join.IsCertain);
    }

    [Fact]
    public void Whose_beat_changes_lives_and_whose_does_not_is_asked_no_longer()
    {
        for (var second = 0; second < 5; second++)
            Step(Seen(Row("a:1", second), Row("b:1", 1)), At(second));

        var join = Assert.IsType<Founding.Join>(Step(Seen(Row("a:1", 5), Row("b:1", 1)), At(5)));
        Assert.Equal(["a:1"], join.Addresses);
        Assert.True(join.IsCertain);
    }

    [Fact]
    public void When_all_are_silent_for_long_enough_it_founds()
    {
        var seen = Seen(Row("a:1", 1), Row("b:1", 1));
        for (var second = 0; second < 5; second++)
            Assert.IsType<Founding.Join>(Step(seen, At(second)));

        Assert.IsType<Founding.Found>(Step(seen, At(5)));
    }

    [Fact]
    public void A_process_that_came_back_on_the_address_lives_whatever_it_counts()
    {
        Step(Seen(Row("a:1", 1)), At(0));

        Assert.True(Assert.IsType<Founding.Join>(Step(Seen(Row("a:1", 1) with { Uid = 2 }), At(1))).IsCertain);
    }

    [Fact]
    public void The_time_in_which_the_database_could_not_be_asked_proves_nobody_dead()
    {
        var seen = Seen(Row("a:1", 1));
        Step(seen, At(0));
        Assert.IsType<Founding.Join>(Step(seen, At(15)));
        Step(seen, At(16));
        _beats.Blind();
        for (var second = 17; second < 22; second++)
            Assert.IsType<Founding.Join>(Step(seen, At(second)));

        Assert.IsType<Founding.Found>(Step(seen, At(22)));
    }

    [Fact]
    public void Whom_the_others_have_removed_does_not_count() =>
        Assert.IsType<Founding.Found>(Step(Seen(Row("a:1", 1) with { Downed = true }), At(0)));

    private Founding Step(ClusterSeen seen, TimeSpan now)
    {
        _beats.Saw(seen.Members, now);
        return Founding.Step(Self, seen, _beats, Patience);
    }

    private static MemberRow Row(string address, long beat) => new(address, Uid: 1, "coupon", Current, beat);

    private static ClusterSeen Seen(params MemberRow[] rows) => new(Current, rows);

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
