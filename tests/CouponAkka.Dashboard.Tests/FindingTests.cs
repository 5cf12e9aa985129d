using System.Text.Json;
using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>A coupon is found among many.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class FindingTests(Browser browser)
{
    [Fact]
    public async Task A_new_coupon_is_in_sight_whatever_was_searched_for()
    {
        // More than a page of them, and all with lower ids.
        for (var i = 0; i < 11; i++)
            await browser.CreateAsync();
        await using var page = await browser.OpenAsync();
        await page["#find-text"].FillAsync("nothing is called so");
        await Expect(page["#list-note"]).ToHaveTextAsync("No coupon is like that.");
        var title = $"New {Guid.NewGuid()}";

        await page.OpenAsync("create");
        await page["#create-title"].FillAsync(title);
        await page.Button("Create coupon").ClickAsync();

        await Expect(page.Title).ToHaveTextAsync(title);
        await Expect(page.Rows.First.Locator(".title")).ToHaveTextAsync(title);
        await Expect(page.Rows.First.Locator("a")).ToHaveAttributeAsync("aria-current", "true");
        await Expect(page.Result("create-form")).ToContainTextAsync("Created coupon");
    }

    [Fact]
    public async Task The_newest_are_first_and_other_orders_can_be_had()
    {
        var name = $"order-{Guid.NewGuid():N}";
        var b = await browser.CreateAsync($"{name} b", start: "2022-01-01T00:00:00Z");
        var c = await browser.CreateAsync($"{name} c", start: "2021-01-01T00:00:00Z");
        var a = await browser.CreateAsync($"{name} a", start: "2020-01-01T00:00:00Z");
        await browser.Server.IssueAsync(c, 1);
        await using var page = await browser.OpenAsync();

        await page["#find-text"].FillAsync(name.ToUpperInvariant());
        await ThenListed(page, a, c, b);
        await page["#find-order"].SelectOptionAsync("title");
        await ThenListed(page, a, b, c);
        await page["#find-order"].SelectOptionAsync("start");
        await ThenListed(page, b, c, a);
        await page["#find-order"].SelectOptionAsync("issued");
        await Expect(page.Rows.First.Locator("a")).ToHaveAttributeAsync("href", $"#coupon-{c}");
    }

    [Fact]
    public async Task Coupons_are_filtered_by_state()
    {
        var name = $"state-{Guid.NewGuid():N}";
        var open = await browser.CreateAsync(name);
        var ended = await browser.CreateAsync(name, end: "2021-01-01T00:00:00Z");
        var notOpen = await browser.CreateAsync(name, start: "2400-01-01T00:00:00Z");
        var soldOut = await browser.CreateAsync(name, total: 0);
        await using var page = await browser.OpenAsync();
        await page["#find-text"].FillAsync(name);

        foreach (var (state, couponId) in new[] { ("OPEN", open), ("ENDED", ended), ("NOT_OPEN", notOpen), ("SOLD_OUT", soldOut) })
        {
            await page["#find-state"].SelectOptionAsync(state);
            await ThenListed(page, couponId);
        }
    }

    [Fact]
    public async Task An_id_finds_its_coupon_and_Enter_opens_it()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync();

        await page["#find-text"].FillAsync($"{couponId}");
        await ThenListed(page, couponId);
        await page["#find-text"].PressAsync("Enter");

        await Expect(page["#coupon-id"]).ToHaveTextAsync($"{couponId}");
    }

    [Fact]
    public async Task A_coupon_that_there_is_not_is_said_to_be_none()
    {
        await using var page = await browser.OpenAsync("coupon-999999999");

        await Expect(page["#coupon-note"]).ToHaveTextAsync("There is no coupon with this id.");
        await Expect(page["#coupon-body"]).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Of_very_many_the_first_ten_thousand_are_listed_and_that_is_said()
    {
        await using var page = await browser.OpenAsync();
        var pages = 0;
        await page.Page.RouteAsync("**/coupons?*", route =>
        {
            var first = (pages++ * 200) + 1;
            return route.FulfillAsync(new() { ContentType = "application/json", Body = Coupons(first, 200) });
        });

        await page.Page.ReloadAsync();

        await Expect(page["#list-note"]).ToHaveTextAsync("10,000 found among the first 10,000 coupons by id; open any other by its id.");
        Assert.Equal(50, pages);
    }

    private static string Coupons(int first, int count) => JsonSerializer.Serialize(new
    {
        items = Enumerable.Range(first, count).Select(id => new
        {
            couponId = id,
            title = $"Coupon {id}",
            totalQuantity = 1,
            issuedQuantity = 0,
            dateIssueStart = "2020-01-01T00:00:00.0000000Z",
            dateIssueEnd = "2500-01-01T00:00:00.0000000Z",
            dateCreated = "2020-01-01T00:00:00.0000000Z",
            dateUpdated = "2020-01-01T00:00:00.0000000Z",
        }),
        next = first + count - 1,
    });

    private static async Task ThenListed(DashboardPage page, params long[] couponIds)
    {
        await Expect(page.Rows).ToHaveCountAsync(couponIds.Length);
        for (var at = 0; at < couponIds.Length; at++)
            await Expect(page.Rows.Nth(at).Locator("a")).ToHaveAttributeAsync("href", $"#coupon-{couponIds[at]}");
    }
}
