using CouponAkka.Engine.Writing;

namespace CouponAkka.Engine.Tests;

public class GroupCommitTests
{
    private readonly GroupCommit<string, string> _commit = new();
    private readonly List<string> _left = [];

    [Fact]
    public void With_nothing_pending_a_reply_may_leave_at_once_and_must_not_wait()
    {
        Assert.True(_commit.Idle);
        Assert.Throws<InvalidOperationException>(() => _commit.Wait("no"));
    }

    [Fact]
    public void A_group_of_one_waits_for_one_write()
    {
        _commit.Add("issued 1", "yes 1");
        Assert.True(_commit is { CanBegin: true, Writing: false, Idle: false });

        Assert.Equal(["issued 1"], _commit.Begin());
        Assert.True(_commit is { CanBegin: false, Writing: true, Idle: false });

        _commit.Committed(_left);
        Assert.Equal(["yes 1"], _left);
        Assert.True(_commit is { CanBegin: false, Writing: false, Idle: true });
    }

    [Fact]
    public void What_is_decided_during_a_write_is_the_next_write()
    {
        _commit.Add("issued 1", "yes 1");
        _commit.Begin();
        _commit.Add("issued 2", "yes 2");
        _commit.Add("issued 3", "yes 3");
        Assert.False(_commit.CanBegin);

        _commit.Committed(_left);
        Assert.Equal(["yes 1"], _left);

        Assert.Equal(["issued 2", "issued 3"], _commit.Begin());
        _commit.Committed(_left);
        Assert.Equal(["yes 1", "yes 2", "yes 3"], _left);
    }

    [Fact]
    [Trait("Promise", "5")]
    public void A_refusal_leaves_with_the_write_that_it_rests_on()
    {
        _commit.Add("issued the last", "yes");
        _commit.Begin();
        _commit.Wait("sold out");
        Assert.Empty(_left);

        _commit.Committed(_left);
        Assert.Equal(["yes", "sold out"], _left);
    }

    [Fact]
    [Trait("Promise", "6")]
    public void A_duplicate_of_an_issue_that_only_gathers_waits_for_the_next_write()
    {
        _commit.Add("issued 1", "yes 1");
        _commit.Begin();
        _commit.Add("issued 2", "yes 2");
        _commit.Wait("duplicate of 2");

        _commit.Committed(_left);
        Assert.Equal(["yes 1"], _left);

        _commit.Begin();
        _commit.Committed(_left);
        Assert.Equal(["yes 1", "yes 2", "duplicate of 2"], _left);
    }

    [Fact]
    public void A_refusal_that_rests_on_the_write_alone_does_not_wait_for_what_is_decided_later()
    {
        _commit.Add("issued 1", "yes 1");
        _commit.Begin();
        _commit.Wait("duplicate of 1");
        _commit.Add("issued 2", "yes 2");

        _commit.Committed(_left);
        Assert.Equal(["yes 1", "duplicate of 1"], _left);
        Assert.True(_commit.CanBegin);
    }

    [Fact]
    [Trait("Promise", "7")]
    public void After_a_failed_write_everyone_who_waits_hears_unknown_and_nothing_is_pending()
    {
        _commit.Add("issued 1", "1");
        _commit.Begin();
        _commit.Wait("2");
        _commit.Add("issued 3", "3");
        _commit.Wait("4");

        _commit.Failed(_left);

        Assert.Equal(["1", "2", "3", "4"], _left);
        Assert.True(_commit is { CanBegin: false, Writing: false, Idle: true });
        _commit.Add("issued 5", "5");
        Assert.Equal(["issued 5"], _commit.Begin());
    }

    [Fact]
    public void A_write_that_can_not_be_made_fails_before_it_begins()
    {
        _commit.Add("issued 1", "1");

        _commit.Failed(_left);

        Assert.Equal(["1"], _left);
        Assert.True(_commit.Idle);
    }

    [Fact]
    public void A_write_does_not_begin_when_nothing_has_gathered() =>
        Assert.Throws<InvalidOperationException>(() => _commit.Begin());

    [Fact]
    public void A_second_write_does_not_begin_while_the_first_is_on_its_way()
    {
        _commit.Add("issued 1", "yes 1");
        _commit.Begin();
        _commit.Add("issued 2", "yes 2");

        Assert.Throws<InvalidOperationException>(() => _commit.Begin());
    }

    [Fact]
    public void A_write_that_never_began_is_not_committed()
    {
        _commit.Add("issued 1", "yes 1");

        Assert.Throws<InvalidOperationException>(() => _commit.Committed(_left));
        Assert.Empty(_left);
    }
}
