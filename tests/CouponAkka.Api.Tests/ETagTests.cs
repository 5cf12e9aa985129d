using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>Of two who change the same coupon, the second is told of the first if they ask to be.</summary>
public sealed class ETagTests(SharedService shared) : ApiTests(shared)
{
    [Fact]
    public async Task Every_answer_with_a_coupon_has_an_ETag_which_each_change_makes_another()
    {
        var couponId = Given.NewCouponId();
        var created = ETagOf(201, await When.Put($"/coupons/{couponId}", Policy.With()));

        Assert.Equal(created, ETagOf(200, await When.Get($"/coupons/{couponId}")));
        Assert.Equal(created, ETagOf(200, await When.Put($"/coupons/{couponId}", Policy.With())));
        await Given.Issue(couponId, 1);
        Assert.Equal(created, ETagOf(200, await When.Get($"/coupons/{couponId}")));
        var changed = ETagOf(200, await When.Patch($"/coupons/{couponId}", """{"title":"B"}"""));
        var stopped = ETagOf(200, await When.Post($"/coupons/{couponId}/stop"));
        var resumed = ETagOf(200, await When.Post($"/coupons/{couponId}/resume"));
        Assert.Distinct([created, changed, stopped, resumed]);
        Assert.Equal(resumed, ETagOf(200, await When.Get($"/coupons/{couponId}")));
    }

    [Fact]
    public async Task A_change_of_an_older_one_is_refused_with_the_coupon_as_it_is()
    {
        var couponId = Given.NewCouponId();
        var old = ETagOf(201, await When.Put($"/coupons/{couponId}", Policy.With()));
        var now = ETagOf(200, await When.Patch($"/coupons/{couponId}", """{"title":"theirs"}"""));

        var refused = await Change(couponId, old);

        Then.IsCoupon(Then.IsProblem(412, "COUPON_CHANGED", refused, "coupon").GetProperty("coupon"), couponId, Policy.With(("title", "\"theirs\"")));
        Assert.Equal(now, refused.Headers.ETag?.ToString());
        Then.IsProblem(412, "COUPON_CHANGED", await Change(couponId, "\"something else\""), "coupon");
        Then.Is(200, await Change(couponId, now));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    public async Task Whatever_there_is_may_be_changed(string ifMatch)
    {
        var couponId = await Given.Coupon();

        Then.Is(200, await Change(couponId, ifMatch));
    }

    [Fact]
    public async Task Of_several_tags_any_will_do()
    {
        var couponId = Given.NewCouponId();
        var tag = ETagOf(201, await When.Put($"/coupons/{couponId}", Policy.With()));

        Then.IsProblem(412, "COUPON_CHANGED", await Change(couponId, "\"1\", \"2\""), "coupon");
        Then.IsInvalid(await Change(couponId, string.Join(',', Enumerable.Repeat(tag, 9))), "If-Match");
        Then.Is(200, await Change(couponId, $"\"1\", {tag}"));
    }

    [Fact]
    public async Task A_tag_that_a_proxy_made_weak_is_still_known()
    {
        var couponId = Given.NewCouponId();
        var tag = ETagOf(201, await When.Put($"/coupons/{couponId}", Policy.With()));

        Then.Is(200, await Change(couponId, "W/" + tag));
    }

    private Task<Answer> Change(long couponId, string ifMatch) =>
        When.Send(HttpMethod.Patch, $"/coupons/{couponId}", When.Content("""{"title":"mine"}"""), ("If-Match", ifMatch));

    private static string ETagOf(int status, Answer answer) => Then.Is(status, answer).Headers.ETag!.ToString();
}
