using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The paths of the course that the seeds follow: always 200, so that its Locust files run unchanged.</summary>
public sealed class CourseTests(SharedService shared) : ApiTests(shared)
{
    private const string Success = """{"isSuccess":true}""";

    public static TheoryData<string> Paths { get; } = ["/v1/issue", "/v1/issue-async", "/v2/issue-async"];

    [Fact]
    public async Task Hello_says_hello()
    {
        var answer = await When.Get("/hello");

        Assert.Equal("hello!", Then.Is(200, answer).Body);
        Assert.Equal("text/plain; charset=utf-8", answer.ContentType);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_unit_is_issued_and_held_once_the_answer_is_there(string path)
    {
        var couponId = await Given.Coupon();

        var answer = await Issue(path, couponId, userId: 5);

        IsOk(Success, answer);
        Then.IsIssue(Then.IsJson(200, await When.Get($"/coupons/{couponId}/issues/5")), couponId, userId: 5, ticket: 1);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Each_refusal_has_its_comment(string path)
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);

        IsRefused("이미 발급된 쿠폰입니다.", await Issue(path, couponId, userId: 1));
        IsRefused("쿠폰 발급 수량이 유효하지 않습니다.", await Issue(path, await Given.SoldOutCoupon(), userId: 2));
        IsRefused("쿠폰 발급 기간이 유효하지 않습니다.", await Issue(path, await Given.CouponNotOpenYet(), userId: 1));
        IsRefused("쿠폰 발급 기간이 유효하지 않습니다.", await Issue(path, await Given.CouponThatEnded(), userId: 1));
        IsRefused("존재하지 않는 쿠폰입니다.", await Issue(path, Given.NewCouponId(), userId: 1));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task What_can_not_be_understood_is_a_failed_request(string path)
    {
        string[] bodies =
        [
            "", "null", "[]", "{", "{}", "7", "\"\"", """{"userId":1}""", """{"couponId":1}""", """{"userId":0,"couponId":1}""",
            """{"userId":"1","couponId":1}""", """{"userId":1,"couponId":null}""", """{"userId":1.5,"couponId":1}""",
            """{"userId":1,"couponId":9007199254740992}""", """{"userId":1,"userId":1,"couponId":1}""", new('[', 1000),
            $$"""{"userId":1,"couponId":1,"more":"{{new string('x', 17 * 1024)}}"}""",
        ];

        foreach (var body in bodies)
            IsRefused("쿠폰 발급 요청에 실패했습니다.", await When.Post(path, body));
        foreach (var contentType in (string?[])["text/plain", "application/x-www-form-urlencoded", "nonsense", null])
            IsRefused("쿠폰 발급 요청에 실패했습니다.", await When.Post(path, """{"userId":1,"couponId":1}""", contentType));
        IsRefused("쿠폰 발급 요청에 실패했습니다.", await When.Post(path));
    }

    [Fact]
    public async Task All_paths_issue_the_same_coupon()
    {
        var couponId = await Given.Coupon();

        IsOk(Success, await Issue("/v1/issue", couponId, userId: 1));
        IsOk(Success, await Issue("/v1/issue-async", couponId, userId: 2));
        IsOk(Success, await Issue("/v2/issue-async", couponId, userId: 3));
        Then.Is(201, await When.Post($"/coupons/{couponId}/issues", """{"userId":4}"""));
        foreach (var userId in (long[])[1, 2, 3, 4])
            IsRefused("이미 발급된 쿠폰입니다.", await Issue("/v2/issue-async", couponId, userId));
    }

    private Task<Answer> Issue(string path, long couponId, long userId) =>
        When.Post(path, $$"""{"userId":{{userId}},"couponId":{{couponId}}}""");

    private static void IsOk(string body, Answer answer)
    {
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal(Then.Json, answer.ContentType);
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(body), answer.Json), answer.ToString());
    }

    private static void IsRefused(string comment, Answer answer) => IsOk($$"""{"isSuccess":false,"comment":"{{comment}}"}""", answer);
}
