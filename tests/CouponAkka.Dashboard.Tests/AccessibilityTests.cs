using CouponAkka.Dashboard.Tests.Support;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace CouponAkka.Dashboard.Tests;

/// <summary>Everybody can use the page, on whatever they have.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class AccessibilityTests(Browser browser)
{
    public static TheoryData<int, string, string> Screens => new()
    {
        { 1280, "light", "en-GB" },
        { 1280, "dark", "ko-KR" },
        { 375, "light", "ko-KR" },
        { 375, "dark", "en-GB" },
    };

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task Axe_finds_nothing_and_nothing_is_wider_than_the_screen(int width, string scheme, string locale)
    {
        var couponId = await browser.CreateAsync("A title that is long enough to need a second line on a telephone, and maybe a third one");
        for (var user = 1; user <= 3; user++)
            await browser.Server.IssueAsync(couponId, user);
        await using var page = await browser.OpenAsync($"coupon-{couponId}", new()
        {
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            Locale = locale,
        });
        await Assertions.Expect(page["#tickets tbody tr"]).ToHaveCountAsync(3);
        await ThenFine(page);

        foreach (var section in (string[])["create", "change", "holder", "order", "notifications", "test"])
            await page.OpenAsync(section);
        await page["#create-title"].FillAsync("");
        await page["#create-form button.primary"].ClickAsync();
        await page["#holder-id"].FillAsync("1");
        await page["#holder-form button"].ClickAsync();
        await Assertions.Expect(page["#held tbody tr"]).Not.ToHaveCountAsync(0);
        await Assertions.Expect(page["#notification-list li"]).Not.ToHaveCountAsync(0);
        await page["#user-form button.primary"].ClickAsync();
        await Assertions.Expect(page.Result("user-form")).ToHaveAttributeAsync("data-ok", "false");
        await ThenFine(page);

        await page["#stop"].ClickAsync();
        await Assertions.Expect(page.Question).ToBeVisibleAsync();
        await ThenFine(page);
    }

    private static async Task ThenFine(DashboardPage page)
    {
        var found = await page.Page.RunAxe();
        Assert.Empty(found.Violations.Select(violation => $"{violation.Id}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}"));
        Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "It scrolls sideways.");
    }
}
