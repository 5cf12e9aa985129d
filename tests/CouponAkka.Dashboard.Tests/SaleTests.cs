using System.Text.RegularExpressions;
using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>Who runs a sale sees how it goes.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed partial class SaleTests(Browser browser)
{
    [Fact]
    public async Task What_the_coupon_is_worth_and_how_long_it_is_issued_can_be_seen()
    {
        var couponId = await browser.CreateAsync(discount: 5_000, smallest: 30_000, total: 1_234);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");

        await Expect(page["#fact-discount"]).ToHaveTextAsync("5,000");
        await Expect(page["#fact-smallest"]).ToHaveTextAsync("30,000");
        await Expect(page["#fact-left"]).ToHaveTextAsync("1,234");
        await Expect(page["#fact-countdown-name"]).ToHaveTextAsync("Ends in");
        await Expect(page["#fact-countdown"]).ToHaveTextAsync(DaysAndHours());
    }

    [Fact]
    public async Task A_sale_that_has_not_begun_counts_down_to_its_start()
    {
        var couponId = await browser.CreateAsync(start: "2400-01-01T00:00:00Z");
        await using var page = await browser.OpenAsync($"coupon-{couponId}");

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Not open yet");
        await Expect(page["#fact-countdown-name"]).ToHaveTextAsync("Starts in");
    }

    [Fact]
    public async Task The_zone_is_named_beside_every_time()
    {
        var couponId = await browser.CreateAsync(start: "2020-01-01T00:00:00Z", end: "2500-01-01T00:00:00Z");
        await browser.Server.IssueAsync(couponId, 7);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await page.OpenAsync("change");
        await page.OpenAsync("create");

        await Expect(page["header .zone"]).ToHaveTextAsync("All times are in Asia/Seoul, GMT+9");
        await Expect(page["#coupon .period"]).ToHaveTextAsync("1 Jan 2020, 09:00 GMT+9 – 1 Jan 2500, 09:00 GMT+9");
        await Expect(page["#tickets tbody td:nth-child(3)"]).ToHaveTextAsync(DayAndTimeInSeoul());
        foreach (var field in (string[])["change-start", "change-end", "create-start", "create-end"])
            await Expect(page[$"label[for={field}]"]).ToContainTextAsync("Asia/Seoul, GMT+9");
    }

    [Fact]
    public async Task What_is_issued_is_heard_and_not_asked_for_again_and_again()
    {
        var couponId = await browser.CreateAsync(total: 10);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await Expect(page["#coupon .count"]).ToHaveTextAsync("0 issued of 10");

        for (var user = 1; user <= 10; user++)
        {
            await browser.Server.IssueAsync(couponId, user);
            await Expect(page["#coupon .count"]).ToHaveTextAsync($"{user} issued of 10");
        }

        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Sold out");
        await Expect(page["#tickets tbody tr"]).ToHaveCountAsync(10);
        await Expect(page["#chart"]).ToBeVisibleAsync();
        await Expect(page["#fact-rate"]).Not.ToHaveTextAsync("0");
        Assert.Contains("GET /events", page.Requests);
        Assert.DoesNotContain($"GET /coupons/{couponId}/status", page.Requests);
        Assert.DoesNotContain("GET /health/ready", page.Requests);
    }

    [Fact]
    public async Task Health_is_told_in_words_of_an_operator()
    {
        await using var page = await browser.OpenAsync();

        await Expect(page["#health"]).ToHaveTextAsync("Ready");
        await Expect(page["#checks"]).ToContainTextAsync("Coupons can be issued");
        await Expect(page["#checks"]).ToContainTextAsync("Lists are ");
        await Expect(page["#checks"]).Not.ToContainTextAsync("journal");
    }

    [Fact]
    public async Task A_server_that_is_gone_is_said_to_be_and_what_was_seen_stays()
    {
        using var data = new TempDirectory();
        using var server = await StandaloneServer.StartAsync(data.Path);
        await server.CreateAsync(1, 100);
        await server.IssueAsync(1, 7);
        await using var page = await browser.OpenAsync("coupon-1", address: server.Http.BaseAddress);
        await Expect(page["#coupon .count"]).ToHaveTextAsync("1 issued of 100");
        await Expect(page["#tickets tbody tr"]).ToHaveCountAsync(1);

        var failed = new TaskCompletionSource();
        page.Page.RequestFailed += (_, request) =>
        {
            if (request.Url.Contains("/coupons/1/issues", StringComparison.Ordinal))
                failed.TrySetResult();
        };
        await server.Process.KillAsync();

        await Expect(page["#connection"]).ToContainTextAsync("The server can't be reached.");
        await Expect(page["#health"]).ToHaveTextAsync("Unreachable");
        await Expect(page["#coupon .count"]).ToHaveTextAsync("1 issued of 100");
        await failed.Task;
        await Expect(page["#tickets tbody tr"]).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Where_no_stream_is_to_be_had_the_page_looks_for_itself()
    {
        var couponId = await browser.CreateAsync(total: 10);
        await using var page = await browser.OpenAsync();
        await page.Page.RouteAsync("**/events?*", route => route.FulfillAsync(new() { Status = 503, Body = "{}" }));

        await page.Page.GotoAsync($"./#coupon-{couponId}");
        await page.Page.ReloadAsync();
        await browser.Server.IssueAsync(couponId, 1);

        await Expect(page["#coupon .count"]).ToHaveTextAsync("1 issued of 10");
        await Expect(page["#health"]).ToHaveTextAsync("Ready");
    }

    [Fact]
    public async Task It_works_under_a_path_that_a_proxy_gives_it()
    {
        var couponId = await browser.CreateAsync(total: 10);
        await using var page = await browser.OpenAsync();
        // What asks for another path than the proxy's gets nothing.
        await page.Page.RouteAsync("**/*", route => route.AbortAsync());
        await page.Page.RouteAsync(
            "**/promo/**", route => route.ContinueAsync(new() { Url = route.Request.Url.Replace("/promo/", "/", StringComparison.Ordinal) }));

        await page.Page.GotoAsync($"promo/#coupon-{couponId}");
        await page["#user-form"].GetByText("Issue", new() { Exact = true }).ClickAsync();

        await Expect(page["#coupon .count"]).ToHaveTextAsync("1 issued of 10");
        await Expect(page["#health"]).ToHaveTextAsync("Ready");
        Assert.Equal("docs/index.html", await page["header nav a"].First.GetAttributeAsync("href"));
    }

    [Fact]
    public async Task The_keyboard_is_enough()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync();
        await page["#find-text"].FillAsync($"{couponId}");
        await Expect(page.Rows).ToHaveCountAsync(1);
        await page.Rows.First.Locator("a").FocusAsync();

        await page.Page.Keyboard.PressAsync("Enter");
        await Expect(page["#coupon"]).ToBeFocusedAsync();
        await Expect(page["#stop"]).ToBeVisibleAsync();
        await page.Page.Keyboard.PressAsync("Tab");
        await Expect(page["#stop"]).ToBeFocusedAsync();
        await page.Page.Keyboard.PressAsync("Enter");
        // The button that does nothing: Enter by mistake stops no sale.
        await Expect(page.Question.GetByText("Cancel")).ToBeFocusedAsync();
        await page.Page.Keyboard.PressAsync("Escape");
        await Expect(page.Question).ToBeHiddenAsync();
        await Expect(page["#stop"]).ToBeFocusedAsync();
    }

    [GeneratedRegex(@"^\d+ d \d+ h$")]
    private static partial Regex DaysAndHours();

    [GeneratedRegex(@"^\d+ \w+ \d{4}, \d\d:\d\d:\d\d GMT\+9$")]
    private static partial Regex DayAndTimeInSeoul();
}
