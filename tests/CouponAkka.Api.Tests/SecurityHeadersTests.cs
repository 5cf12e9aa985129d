using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>What every answer tells a browser, whichever part of the program gives it.</summary>
public sealed class SecurityHeadersTests(SharedService shared) : ApiTests(shared)
{
    [Theory]
    [InlineData("GET", "/coupons", null)]
    [InlineData("GET", "/coupons/none", null)]
    [InlineData("GET", "/no/such/path", null)]
    [InlineData("DELETE", "/coupons", null)]
    [InlineData("POST", "/coupons/1/issues", "{}")]
    [InlineData("POST", "/coupons/1/issues", "not json")]
    [InlineData("POST", "/v1/issue", "{}")]
    [InlineData("GET", "/health/ready", null)]
    [InlineData("GET", "/openapi/v1.json", null)]
    public async Task An_answer_runs_nothing_is_framed_by_nobody_and_is_not_kept(string method, string path, string? body)
    {
        var answer = await When.Send(new(method), path, body is null ? null : GivenWhenThen.When.Content(body));

        Then.IsNothingForABrowser(answer);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task No_other_site_may_read_an_answer_or_send_more_than_a_form()
    {
        var preflight = await When.Send(
            HttpMethod.Options, "/coupons/1/issues", null, ("Origin", "https://elsewhere.example"), ("Access-Control-Request-Method", "POST"));

        Then.Is(204, preflight);
        Assert.DoesNotContain(preflight.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/docs/index.html")]
    public async Task A_page_has_its_scripts_from_us_and_is_framed_by_nobody(string path)
    {
        var page = Then.Is(200, await When.Get(path));

        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'self'; frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy.Replace("style-src 'self' 'unsafe-inline'", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
