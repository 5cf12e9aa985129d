using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>What load balancers and browsers ask before they ask.</summary>
public sealed class HeadAndOptionsTests(SharedService shared) : ApiTests(shared)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/docs/index.html")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/hello")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/coupons")]
    [InlineData("/coupons/{couponId}")]
    [InlineData("/coupons/{couponId}/status")]
    [InlineData("/coupons/{couponId}/issues")]
    [InlineData("/coupons/{couponId}/issues/1")]
    [InlineData("/users/1/coupons")]
    public async Task Head_answers_as_get_without_the_body(string path)
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);
        path = path.Replace("{couponId}", $"{couponId}", StringComparison.Ordinal);

        var head = await When.Send(HttpMethod.Head, path);
        var get = await When.Get(path);

        Then.Is(200, head);
        Assert.Empty(head.Body);
        Assert.Equal(get.ContentType, head.ContentType);
        Assert.Equal(get.Headers.ETag, head.Headers.ETag);
    }

    [Fact]
    public async Task Head_of_a_stream_is_refused_for_it_has_no_end() => Then.Is(405, await When.Send(HttpMethod.Head, "/events?coupons=1"));

    [Fact]
    public async Task Head_of_what_is_not_there_is_404() => Then.Is(404, await When.Send(HttpMethod.Head, $"/coupons/{Given.NewCouponId()}"));

    [Theory]
    [InlineData("/", "GET, HEAD, OPTIONS")]
    [InlineData("/health/ready", "GET, HEAD, OPTIONS")]
    [InlineData("/coupons", "GET, HEAD, OPTIONS, POST")]
    [InlineData("/coupons/1", "GET, HEAD, OPTIONS, PATCH, PUT")]
    [InlineData("/coupons/1/stop", "OPTIONS, POST")]
    [InlineData("/coupons/1/issues", "GET, HEAD, OPTIONS, POST")]
    public async Task Options_says_what_a_path_takes(string path, string allowed)
    {
        Assert.Equal(allowed, AllowedBy(Then.Is(204, await When.Send(HttpMethod.Options, path))));
        Assert.Equal(allowed, AllowedBy(Then.Is(405, await When.Send(HttpMethod.Delete, path))));
    }

    [Fact]
    public async Task Options_of_what_is_not_there_is_404() => Then.IsProblem(404, "NOT_FOUND", await When.Send(HttpMethod.Options, "/nothing"));

    private static string AllowedBy(Answer answer) => answer.AllowedMethods!;
}
