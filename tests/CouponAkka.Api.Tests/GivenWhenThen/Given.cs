using System.Diagnostics;
using System.Text.Json;

namespace CouponAkka.Api.Tests.GivenWhenThen;

/// <summary>What a test starts from, made through the API as anyone would.</summary>
public sealed class Given(When when)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static long _lastCouponId = 1_000;
    private static long _lastUserId = 5_000_000;

    /// <summary>An id that no other test uses.</summary>
    public static long NewCouponId() => Interlocked.Increment(ref _lastCouponId);

    /// <summary>An id that no other test uses.</summary>
    public static long NewUserId() => Interlocked.Increment(ref _lastUserId);

    /// <summary>A coupon that is open and has units left, but for what is given. Values are JSON as it stands.</summary>
    public async Task<long> Coupon(params (string Field, string Json)[] others)
    {
        var couponId = NewCouponId();
        await Coupon(couponId, others);
        return couponId;
    }

    public async Task Coupon(long couponId, params (string Field, string Json)[] others) =>
        Then.Is(201, await when.Put($"/coupons/{couponId}", Policy.With(others)));

    public Task<long> CouponNotOpenYet() => Coupon(("dateIssueStart", "\"2119-01-01T00:00:00Z\""));

    public Task<long> CouponThatEnded() => Coupon(("dateIssueEnd", "\"2021-01-01T00:00:00Z\""));

    public async Task<long> SoldOutCoupon()
    {
        var couponId = await Coupon(("totalQuantity", "1"));
        await Issue(couponId, NewUserId());
        return couponId;
    }

    public async Task<Answer> Issue(long couponId, long userId) =>
        Then.Is(201, await when.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{userId}}}"""));

    public async Task Issues(long couponId, IEnumerable<long> userIds)
    {
        foreach (var userId in userIds)
            await Issue(couponId, userId);
    }

    /// <summary>The read model follows on its own: asks until what it says is what we wait for.</summary>
    public async Task<Answer> Eventually(string path, Func<Answer, bool> holds)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var answer = await when.Get(path);
            if (holds(answer))
                return answer;
            if (waited.Elapsed > Patience)
                Assert.Fail($"The read model never said what the test waits for. Last: {answer}");
            await Task.Delay(10);
        }
    }

    /// <summary>The coupon in the list of coupons, once it says that so many are issued.</summary>
    public async Task<JsonElement> ReadModelHas(long couponId, long issuedQuantity)
    {
        var page = await Eventually(
            $"/coupons?after={couponId - 1}&limit=1",
            answer => Then.IsPage(answer).Items is [var coupon]
                && coupon.GetProperty("couponId").GetInt64() == couponId
                && coupon.GetProperty("issuedQuantity").GetInt64() == issuedQuantity);
        return Then.IsPage(page).Items[0];
    }
}
