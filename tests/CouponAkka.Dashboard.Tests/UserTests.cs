using CouponAkka.Dashboard.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>What users get and hold.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class UserTests(Browser browser)
{
    [Fact]
    public async Task One_user_is_issued_a_unit_which_is_looked_up_and_used()
    {
        var couponId = await browser.CreateAsync(smallest: 30_000);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await page["#user-id"].FillAsync("7");

        await page.Button("Issue").ClickAsync();
        await Expect(page.Result("user-form")).ToContainTextAsync("User 7 holds ticket 1, issued");
        await page.Button("Issue").ClickAsync();
        await Expect(page.Result("user-form")).ToContainTextAsync("DUPLICATED_COUPON_ISSUE");
        await page["#order-amount"].FillAsync("29999");
        await page.Button("Use").ClickAsync();
        await Expect(page.Result("user-form")).ToContainTextAsync("INVALID_ORDER_AMOUNT");
        await page["#order-amount"].FillAsync("30000");
        await page.Button("Use").ClickAsync();
        await Expect(page.Result("user-form")).ToContainTextAsync(", used ");
        await page["#user-id"].FillAsync("8");
        await page.Button("Look up").ClickAsync();
        await Expect(page.Result("user-form")).ToContainTextAsync("COUPON_ISSUE_NOT_EXIST");
    }

    [Fact]
    public async Task What_a_user_holds_is_listed_page_by_page_and_leads_to_the_coupons()
    {
        const long User = 424_242;
        var last = 0L;
        for (var i = 0; i < 51; i++)
            await browser.Server.IssueAsync(last = await browser.CreateAsync($"Held {i}"), User);
        await using var page = await browser.OpenAsync();
        await page.OpenAsync("holder");

        await page["#holder-id"].FillAsync($"{User}");
        await page.Button("Show").ClickAsync();
        await Expect(page["#held tbody tr"]).ToHaveCountAsync(50);
        await Expect(page.Result("holder-form")).ToHaveTextAsync($"The last 50 that user {User} was issued; there are more.");
        await page.Button("More").ClickAsync();
        await Expect(page["#held tbody tr"]).ToHaveCountAsync(51);
        await Expect(page.Result("holder-form")).ToHaveTextAsync($"User {User} holds 51.");
        await page["#held tbody tr"].First.GetByRole(AriaRole.Link).ClickAsync();

        await Expect(page["#coupon-id"]).ToHaveTextAsync($"{last}");
        await Expect(page.Title).ToHaveTextAsync("Held 50");
    }

    [Fact]
    public async Task Who_holds_nothing_and_who_is_nobody_are_told_so()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenAsync("holder");

        await page["#holder-id"].FillAsync("31337");
        await page.Button("Show").ClickAsync();
        await Expect(page.Result("holder-form")).ToHaveTextAsync("User 31337 holds nothing.");
        await page["#holder-id"].FillAsync("nobody");
        await page.Button("Show").ClickAsync();
        await Expect(page.Error("holder-id")).ToHaveTextAsync("A whole number from 1 to 9007199254740991.");
    }

    [Fact]
    public async Task A_crowd_takes_real_units_only_when_that_was_meant()
    {
        var couponId = await browser.CreateAsync("Live sale", total: 30);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await Expect(page["#crowd-form button"]).ToBeHiddenAsync();

        await page.OpenAsync("test");
        await page["#crowd-form button"].ClickAsync();
        await Expect(page["#question-title"]).ToHaveTextAsync("Issue real units of “Live sale”?");
        await Expect(page["#question-text"]).ToContainTextAsync("takes up to 30 real units of “Live sale” (left: 30)");
        await page.AnswerAsync("Cancel");
        await Expect(page.Question).ToBeHiddenAsync();
        Assert.Equal(0, await browser.IssuedAsync(couponId));

        await page["#crowd-form button"].ClickAsync();
        await page.AnswerAsync("Take up to 30 units");
        await Expect(page["#tally"]).ToContainTextAsync("sold out");
        Assert.Equal(30, await browser.IssuedAsync(couponId));
    }
}
