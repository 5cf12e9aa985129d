using CouponAkka.Sharded.Health;

namespace CouponAkka.Sharded.Tests.Health;

/// <summary>When a node ends because it alone can't write. Times are seconds.</summary>
public sealed class LostDatabaseTests
{
    private readonly LostDatabase _lost = new(patience: At(7), silence: At(3));

    [Fact]
    public void A_node_that_can_not_write_while_another_can_makes_way_after_seven_seconds()
    {
        Run(from: 0, to: 7, written: false, other: true);
        Assert.False(_lost.IsOursAlone(At(6.9)));
        Assert.True(_lost.IsOursAlone(At(7)));
    }

    [Fact]
    public void Nobody_makes_way_while_nobody_can_write()
    {
        Run(from: 0, to: 60, written: false, other: false);
        Assert.False(_lost.IsOursAlone(At(60)));
    }

    [Fact]
    public void When_the_database_comes_back_the_last_to_notice_does_not_make_way()
    {
        Run(from: 0, to: 60, written: false, other: false);
        Run(from: 61, to: 65, written: false, other: true);
        Assert.False(_lost.IsOursAlone(At(65)));
        Run(from: 66, to: 80, written: true, other: true);
        Assert.False(_lost.IsOursAlone(At(80)));
    }

    [Fact]
    public void Others_that_come_and_go_are_no_reason()
    {
        for (var second = 0; second < 60; second += 5)
        {
            Run(from: second, to: second, written: false, other: true);
            Assert.False(_lost.IsOursAlone(At(second)));
        }
    }

    [Fact]
    public void A_success_in_between_begins_it_anew()
    {
        Run(from: 0, to: 6, written: false, other: true);
        Run(from: 7, to: 7, written: true, other: true);
        Run(from: 8, to: 14, written: false, other: true);
        Assert.False(_lost.IsOursAlone(At(14)));
        Assert.True(_lost.IsOursAlone(At(15)));
    }

    private void Run(int from, int to, bool written, bool other)
    {
        for (var second = from; second <= to; second++)
        {
            _lost.Tried(written, At(second));
            if (other)
                _lost.OtherCanWrite(At(second));
        }
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
