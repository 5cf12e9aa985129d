using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>A sale is stopped at once, and not by mistake.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class StopTests(Browser browser)
{
    [Fact]
    public async Task A_sale_is_stopped_and_resumed()
    {
        var couponId = await browser.CreateAsync("Sale of the day", total: 100);
        await browser.Server.IssueAsync(couponId, 1);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Open");

        await page["#stop"].ClickAsync();
        await Expect(page["#question-title"]).ToHaveTextAsync("Stop “Sale of the day”?");
        await Expect(page["#question-text"]).ToContainTextAsync("Issued so far: 1; left: 99.");
        await page.AnswerAsync("Stop issuing");

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Stopped");
        await Expect(page.Rows.First.Locator(".badge")).ToHaveTextAsync("Stopped");
        await Expect(page.Result("sale-form")).ToHaveTextAsync("Stopped: nobody is issued a unit now.");
        await Expect(page["#stop"]).ToBeHiddenAsync();
        Assert.Equal("COUPON_STOPPED", (await browser.Server.IssueAsync(couponId, 2)).Code);

        await page["#resume"].ClickAsync();
        await page.AnswerAsync("Resume issuing");

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Open");
        await Expect(page.Result("sale-form")).ToHaveTextAsync("Resumed.");
        Assert.True((await browser.Server.IssueAsync(couponId, 2)).IsIssued);
    }

    [Fact]
    public async Task What_others_stop_is_seen_to_be_stopped_and_found_by_its_state()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Open");

        await browser.StopAsync(couponId);

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Stopped");
        await Expect(page["#resume"]).ToBeVisibleAsync();
        await page["#find-text"].FillAsync($"{couponId}");
        await page["#find-state"].SelectOptionAsync("STOPPED");
        await Expect(page.Rows).ToHaveCountAsync(1);
        await page.Page.GotoAsync("about:blank");
        await page.Page.GotoAsync(".");
        await page["#find-state"].SelectOptionAsync("STOPPED");
        await Expect(page.Rows.First.Locator("a")).ToHaveAttributeAsync("href", $"#coupon-{couponId}");
    }

    [Fact]
    public async Task One_click_stops_nothing()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync($"coupon-{couponId}");

        await page["#stop"].ClickAsync();
        await page.AnswerAsync("Cancel");

        await Expect(page.Question).ToBeHiddenAsync();
        Assert.DoesNotContain($"POST /coupons/{couponId}/stop", page.Requests);
    }

    [Fact]
    public async Task Why_it_could_not_be_stopped_is_said()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await page.Page.RouteAsync("**/stop", route => route.FulfillAsync(new()
        {
            Status = 403,
            ContentType = "application/problem+json",
            Body = """{"status":403,"code":"FORBIDDEN","title":"Not allowed","detail":"This call is for administrators."}""",
        }));

        await page["#stop"].ClickAsync();
        await page.AnswerAsync("Stop issuing");

        await Expect(page.Result("sale-form")).ToContainTextAsync("Not allowed. This call is for administrators.");
        await Expect(page["#stop"]).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("secret", "x-api-key", "secret")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "authorization", "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl")]
    public async Task The_key_or_token_goes_along(string typed, string header, string sent)
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await page.OpenAsync("access");
        await page["#admin-key"].FillAsync(typed);
        await page["#stop"].ClickAsync();

        var request = await page.Page.RunAndWaitForRequestAsync(() => page.AnswerAsync("Stop issuing"), request => request.Url.EndsWith("/stop", StringComparison.Ordinal));

        Assert.Equal(sent, await request.HeaderValueAsync(header));
        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Stopped");
    }
}
