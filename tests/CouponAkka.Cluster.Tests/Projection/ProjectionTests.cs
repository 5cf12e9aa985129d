using CouponAkka.Cluster.Projection;
using CouponAkka.Cluster.Tests.Support;
using static CouponAkka.Cluster.Tests.Support.Journal;

namespace CouponAkka.Cluster.Tests.Projection;

public sealed class ProjectionTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "4")]
    public async Task Promise_4_events_become_rows_exactly_once_and_the_rows_say_what_the_events_say()
    {
        await FillAsync(7, 8);
        await using var projection = new RunningProjection(_test.Database);
        await projection.CaughtUpAsync(_test.Database);

        Assert.Equal(
            ["7|Summer|FIRST_COME_FIRST_SERVED|NULL|5|1000|20000|3|2023-11-14 22:13:20.123456|2023-11-14 22:13:22.123456|2023-11-14 22:13:20.123456|2023-11-14 22:13:20.123461"],
            await _test.RowsAsync("SELECT * FROM coupons WHERE id = 7"));
        Assert.Equal(
            [
                "7|101|1|2023-11-14 22:13:20.123457|NULL|2023-11-14 22:13:20.123457|2023-11-14 22:13:20.123457",
                "7|102|2|2023-11-14 22:13:20.123458|2023-11-14 22:13:20.133458|2023-11-14 22:13:20.123458|2023-11-14 22:13:20.133458",
                "7|103|3|2023-11-14 22:13:20.123459|NULL|2023-11-14 22:13:20.123459|2023-11-14 22:13:20.123459",
                "7|104|4|2023-11-14 22:13:20.123460|NULL|2023-11-14 22:13:20.123460|2023-11-14 22:13:20.123460",
                "7|105|5|2023-11-14 22:13:20.123461|NULL|2023-11-14 22:13:20.123461|2023-11-14 22:13:20.123461",
            ],
            await _test.RowsAsync("SELECT * FROM coupon_issues WHERE coupon_id = 7 ORDER BY ticket"));
        Assert.Equal(["7|6|NULL", "8|6|NULL"], await _test.RowsAsync("SELECT * FROM projection_progress ORDER BY 1"));

        // A use of what an earlier transaction has written.
        await _test.Database.AppendAsync(7, 7, Used(101, 1));
        await projection.CaughtUpAsync(_test.Database);
        Assert.Equal(["2023-11-14 22:13:20.133457"], await _test.RowsAsync("SELECT date_used FROM coupon_issues WHERE coupon_id = 7 AND ticket = 1"));
        Assert.Null(projection.Status.Trouble);
    }

    /// <summary>Coupons with a fence, a creation, issues, a use and a change: six events and five units each.</summary>
    private async Task FillAsync(params long[] couponIds)
    {
        foreach (var couponId in couponIds)
            await _test.Database.AppendAsync(couponId, 1, null, Created(), Issued(1, 101, 102, 103), Used(102, 2), Changed(), Issued(4, 104, 105));
    }
}
