namespace CouponAkka.Sharded.Tests.Support;

/// <summary>Everything that the read model says, or says of one coupon.</summary>
internal static class ReadModelDump
{
    public static async Task<List<string>> DumpAsync(this TestDatabase test) =>
    [
        .. await test.RowsAsync("SELECT * FROM coupons ORDER BY id"),
        .. await test.RowsAsync("SELECT * FROM coupon_issues ORDER BY coupon_id, ticket"),
        .. await test.RowsAsync("SELECT * FROM projection_progress ORDER BY coupon_id"),
    ];

    public static async Task<List<string>> DumpAsync(this TestDatabase test, long couponId) =>
    [
        .. await test.RowsAsync($"SELECT * FROM coupons WHERE id = {couponId}"),
        .. await test.RowsAsync($"SELECT * FROM coupon_issues WHERE coupon_id = {couponId} ORDER BY ticket"),
        .. await test.RowsAsync($"SELECT * FROM projection_progress WHERE coupon_id = {couponId}"),
    ];
}
