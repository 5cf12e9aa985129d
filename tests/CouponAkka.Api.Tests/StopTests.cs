using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>A running sale is stopped by one call, and goes on by another.</summary>
public sealed class StopTests(SharedService shared) : ApiTests(shared)
{
    [Fact]
    public async Task From_the_answer_on_nobody_is_issued_anything_and_holders_keep_theirs()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);

        var stopped = await When.Post($"/coupons/{couponId}/stop");

        Then.IsCoupon(Then.IsJson(200, stopped), couponId, Policy.With(), issuedQuantity: 1, stopped: true);
        Then.IsProblem(409, "COUPON_STOPPED", await When.Post($"/coupons/{couponId}/issues", """{"userId":2}"""));
        Assert.Equal("STOPPED", (await When.Get($"/coupons/{couponId}/status")).Json.GetProperty("state").GetString());
        Then.IsProblem(409, "DUPLICATED_COUPON_ISSUE", await When.Post($"/coupons/{couponId}/issues", """{"userId":1}"""), "issue");
        Then.IsIssue(Then.IsJson(200, await When.Get($"/coupons/{couponId}/issues/1")), couponId, userId: 1, ticket: 1);
        Then.IsIssue(Then.IsJson(200, await When.Post($"/coupons/{couponId}/issues/1/use")), couponId, userId: 1, ticket: 1, used: true);
        Assert.Equal(stopped.Body, (await When.Get($"/coupons/{couponId}")).Body);
        Then.IsCoupon(await Given.ReadModelHas(couponId, 1), couponId, Policy.With(), issuedQuantity: 1, stopped: true);
    }

    [Fact]
    public async Task Resumed_it_issues_as_before()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);
        await When.Post($"/coupons/{couponId}/stop");

        var resumed = await When.Post($"/coupons/{couponId}/resume");

        Then.IsCoupon(Then.IsJson(200, resumed), couponId, Policy.With(), issuedQuantity: 1);
        Then.IsIssue(Then.IsJson(201, await When.Post($"/coupons/{couponId}/issues", """{"userId":2}""")), couponId, userId: 2, ticket: 2);
        Then.IsCoupon(await Given.ReadModelHas(couponId, 2), couponId, Policy.With(), issuedQuantity: 2);
    }

    [Fact]
    public async Task To_stop_or_resume_it_again_changes_nothing()
    {
        var couponId = await Given.Coupon();
        var stopped = await When.Post($"/coupons/{couponId}/stop");

        Assert.Equal(stopped.Body, Then.Is(200, await When.Post($"/coupons/{couponId}/stop")).Body);
        var resumed = await When.Post($"/coupons/{couponId}/resume");
        Assert.Equal(resumed.Body, Then.Is(200, await When.Post($"/coupons/{couponId}/resume")).Body);
    }

    [Fact]
    public async Task A_coupon_that_does_not_exist_is_not_stopped()
    {
        var couponId = Given.NewCouponId();

        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Post($"/coupons/{couponId}/stop"));
        Then.IsProblem(404, "COUPON_NOT_EXIST", await When.Post($"/coupons/{couponId}/resume"));
    }

    [Fact]
    public async Task The_courses_paths_say_that_it_failed()
    {
        var couponId = await Given.Coupon();
        await When.Post($"/coupons/{couponId}/stop");

        var answer = await When.Post("/v1/issue", $$"""{"userId":1,"couponId":{{couponId}}}""");

        Assert.Equal("쿠폰 발급 요청에 실패했습니다.", Then.IsJson(200, answer).GetProperty("comment").GetString());
    }
}
