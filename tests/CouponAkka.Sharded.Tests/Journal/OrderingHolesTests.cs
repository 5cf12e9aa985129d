using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Tests.Journal;

public sealed class OrderingHolesTests
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(1);

    private readonly OrderingHoles _holes = new(position: 10);

    [Fact]
    public void Without_holes_the_position_is_what_was_read_last()
    {
        _holes.Advance(11, TimeSpan.Zero);
        _holes.Advance(12, TimeSpan.Zero);

        Assert.Equal(12, _holes.Position);
        Assert.Empty(_holes.Due(Later));
    }

    [Fact]
    public void A_hole_keeps_the_position_before_it_until_it_is_filled()
    {
        _holes.Advance(11, TimeSpan.Zero);
        _holes.Advance(14, TimeSpan.Zero);
        Assert.Equal((11, 14), (_holes.Position, _holes.Highest));
        Assert.Equal([12, 13], _holes.Due(Later));

        _holes.Fill(12);
        Assert.Equal(12, _holes.Position);
        _holes.Fill(13);
        Assert.Equal(14, _holes.Position);
    }

    [Fact]
    public void Nobody_waits_for_a_hole_that_has_stayed_empty_for_a_second()
    {
        _holes.Advance(12, TimeSpan.Zero);
        _holes.Advance(14, Later / 2);
        _holes.Advance(15, Later / 2);

        Assert.Equal(new JournalPosition(10, 10), _holes.At(Later / 2));
        Assert.Equal(new JournalPosition(10, 12), _holes.At(Later));
        Assert.Equal(new JournalPosition(10, 15), _holes.At(Later * 2));
        _holes.Fill(11);
        Assert.Equal(new JournalPosition(12, 12), _holes.At(Later));
    }

    [Fact]
    public void A_hole_is_looked_up_ever_more_rarely_and_given_up_in_the_end()
    {
        _holes.Advance(12, TimeSpan.Zero);
        var looks = 0;
        for (var now = TimeSpan.Zero; now <= OrderingHoles.Patience; now += TimeSpan.FromMilliseconds(10))
            looks += _holes.Due(now).Count;

        Assert.InRange(looks, 15, 40);
        Assert.Equal(10, _holes.Position);
        Assert.Empty(_holes.Due(OrderingHoles.Patience + TimeSpan.FromMilliseconds(1)));
        Assert.Equal(12, _holes.Position);
    }

    [Fact]
    public void A_server_that_leaves_out_many_numbers_costs_no_more_than_so_many_holes()
    {
        _holes.Advance(1L << 40, TimeSpan.Zero);
        Assert.Equal(OrderingHoles.Capacity, _holes.Due(Later).Count);

        for (var i = 1; i <= 1_000; i++)
            _holes.Advance((1L << 40) + (7 * i), TimeSpan.Zero);
        Assert.Equal(OrderingHoles.Capacity, _holes.Due(Later).Count);
        Assert.Equal((1L << 40) + 7_000, _holes.Highest);
    }
}
