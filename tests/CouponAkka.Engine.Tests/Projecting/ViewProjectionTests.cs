using CouponAkka.Domain;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Tests.Counters;

namespace CouponAkka.Engine.Tests.Projecting;

public sealed class ViewProjectionTests
{
    private static readonly EntityKey Key = new(CounterKind.Instance, 7);

    [Fact]
    public void It_starts_from_what_was_shown_and_collects_what_is_new()
    {
        var counter = new ViewProjection(Key, CounterView.Json(5, 2), new EntityProgress(3, null));

        counter.Apply(4, new Counted(2));
        counter.Apply(5, Use(1));
        counter.Apply(6, null);

        Assert.Equal(CounterView.Json(8, 3), counter.View);
        Assert.Equal([new ListLine(CounterView.Uses, 7, 3, "coupon 9")], counter.Lines);
        Assert.Equal(new EntityProgress(6, null), counter.Progress);
    }

    [Fact]
    [Trait("Promise", "10")]
    public void Of_an_event_that_is_refused_nothing_is_shown_and_all_before_it_is()
    {
        var counter = new ViewProjection(Key, CounterView.Json(5, 2), new EntityProgress(3, null));
        counter.Apply(4, Use(1));

        Assert.Equal("Counter 7 counts nothing.", Assert.Throws<InvalidEventException>(() => counter.Apply(5, new Counted(-3))).Message);

        Assert.Equal(CounterView.Json(6, 3), counter.View);
        Assert.Single(counter.Lines);
        Assert.Equal(new EntityProgress(4, null), counter.Progress);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [Trait("Promise", "4")]
    public void An_event_that_is_not_the_next_is_refused(long number)
    {
        var counter = new ViewProjection(Key, null, new EntityProgress(3, null));

        Assert.Equal($"Counter 7 has event {number} after event 3.", Assert.Throws<InvalidEventException>(() => counter.Apply(number, Use(1))).Message);
        Assert.False(counter.HasProgressed);
    }

    private static UseCounted Use(long number) => new(new Cause("coupon", 9, number));
}
