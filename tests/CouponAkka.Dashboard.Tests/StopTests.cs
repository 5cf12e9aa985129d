using System.Text.Json;
using CouponAkka.Dashboard.Tests.Support;
using Microsoft.Playwright;
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
        await using var page = await browser.OpenAsync();
        await EmulateAsync(page.Page, couponId);
        await page.Page.GotoAsync($"./#coupon-{couponId}");
        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Open");

        await page["#stop"].ClickAsync();
        await Expect(page["#question-title"]).ToHaveTextAsync("Stop “Sale of the day”?");
        await Expect(page["#question-text"]).ToContainTextAsync("Issued so far: 1; left: 99.");
        await page.AnswerAsync("Stop issuing");

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Stopped");
        await Expect(page.Rows.First.Locator(".badge")).ToHaveTextAsync("Stopped");
        await Expect(page.Result("sale-form")).ToHaveTextAsync("Stopped: nobody is issued a unit now.");
        await Expect(page["#stop"]).ToBeHiddenAsync();

        await page["#resume"].ClickAsync();
        await page.AnswerAsync("Resume issuing");

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Open");
        await Expect(page.Result("sale-form")).ToHaveTextAsync("Resumed.");
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

    /// <summary>Puts the calls of the contract between the page and a server that has none of them yet.</summary>
    private async Task EmulateAsync(IPage page, long couponId)
    {
        var stopped = false;
        await page.RouteAsync($"**/coupons/{couponId}/*", async route =>
        {
            var action = new Uri(route.Request.Url).Segments[^1];
            if (action is "stop" or "resume")
            {
                stopped = action == "stop";
                await route.FulfillAsync(new() { ContentType = "application/json", Body = (await browser.ChangeAsync(couponId, new { })).GetRawText() });
            }
            else if (action == "status")
            {
                var body = new { couponId, state = stopped ? "STOPPED" : "OPEN", issuedQuantity = 1, totalQuantity = 100, remaining = 99 };
                await route.FulfillAsync(new() { ContentType = "application/json", Body = JsonSerializer.Serialize(body) });
            }
            else
            {
                await route.ContinueAsync();
            }
        });
    }
}
