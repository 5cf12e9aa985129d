namespace CouponAkka.Domain.Tests;

public class TimestampTests
{
    private static readonly DateTimeOffset Moment = new(2024, 5, 6, 7, 8, 9, 123, 456, TimeSpan.Zero);

    [Fact]
    public void A_timestamp_keeps_whole_microseconds() =>
        Assert.Equal(Moment, Timestamp.From(Moment).ToDateTimeOffset());

    [Fact]
    public void What_is_finer_than_a_microsecond_is_cut_off() =>
        Assert.Equal(Timestamp.From(Moment), Timestamp.From(Moment.AddTicks(TimeSpan.TicksPerMicrosecond - 1)));

    [Fact]
    public void The_same_moment_in_another_time_zone_is_the_same_timestamp() =>
        Assert.Equal(Timestamp.From(Moment), Timestamp.From(Moment.ToOffset(TimeSpan.FromHours(9))));

    [Fact]
    public void A_timestamp_reads_as_utc_with_microseconds() =>
        Assert.Equal("2024-05-06T07:08:09.123456Z", Timestamp.From(Moment).ToString());

    [Fact]
    public void Timestamps_are_ordered_by_time()
    {
        var earlier = new Timestamp(1);
        var later = new Timestamp(2);

        Assert.True(earlier < later && later > earlier && earlier <= later && later >= earlier);
        Assert.False(later < earlier || earlier > later || later <= earlier || earlier >= later);
        Assert.True(earlier.CompareTo(later) < 0);
    }

    [Fact]
    public void The_first_and_the_last_moment_of_the_calendar_are_kept()
    {
        Assert.Equal(DateTimeOffset.MinValue, Timestamp.From(DateTimeOffset.MinValue).ToDateTimeOffset());
        Assert.Equal("9999-12-31T23:59:59.999999Z", Timestamp.From(DateTimeOffset.MaxValue).ToString());
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-62_135_596_800_000_001)]
    [InlineData(253_402_300_800_000_000)]
    [InlineData(long.MaxValue)]
    public void A_moment_outside_the_calendar_is_refused(long unixMicroseconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Timestamp(unixMicroseconds).ToDateTimeOffset());
}
