using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Tests.Counters;

namespace CouponAkka.Engine.Tests.Projecting;

public sealed class ProjectionStatusTests
{
    private readonly Status _status = new();

    [Fact]
    public void What_stops_all_is_said_before_what_stops_some()
    {
        Assert.Null(_status.Trouble);

        _status.Parked = new Dictionary<long, string> { [7] = "poison" };
        Assert.Equal("Not projected any further: coupon 7.", _status.Trouble);

        _status.Failure = "The disk is full.";
        Assert.Equal("The disk is full.", _status.Trouble);
    }

    [Fact]
    public void Ten_coupons_are_named_and_then_no_more()
    {
        _status.Parked = Enumerable.Range(1, 10).Reverse().ToDictionary(couponId => (long)couponId, _ => "poison");
        Assert.Equal("Not projected any further: coupon 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", _status.Trouble);

        _status.Parked = Enumerable.Range(1, 11).Reverse().ToDictionary(couponId => (long)couponId, _ => "poison");
        Assert.Equal("Not projected any further: coupon 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ….", _status.Trouble);
    }

    [Fact]
    public void Entities_of_other_kinds_are_named_by_their_kind()
    {
        _status.ParkedOthers = new Dictionary<EntityKey, string> { [new(CounterKind.Instance, 9)] = "poison", [new(CounterKind.Instance, 3)] = "poison" };
        Assert.Equal("Not projected any further: counter 3, 9.", _status.Trouble);

        _status.Parked = new Dictionary<long, string> { [7] = "poison" };
        Assert.Equal("Not projected any further: coupon 7; counter 3, 9.", _status.Trouble);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(5, 20)]
    [InlineData(6, 24)]
    [InlineData(100, 400)]
    [InlineData(101, 400)]
    public void A_pause_is_four_times_as_long_as_the_pass_within_limits(int passMilliseconds, int pauseMilliseconds)
    {
        var pace = new ProjectionPace(Shortest: TimeSpan.FromMilliseconds(20), Longest: TimeSpan.FromMilliseconds(400));

        Assert.Equal(TimeSpan.FromMilliseconds(pauseMilliseconds), pace.PauseAfter(TimeSpan.FromMilliseconds(passMilliseconds)));
    }

    private sealed class Status : ProjectionStatus
    {
        public override long EventsBehind => 0;

        public override TimeSpan Lag => TimeSpan.Zero;
    }
}
