using System.Net.Http.Json;
using System.Text.Json;
using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>Orders, and everything that happens.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class ShopTests(Browser browser)
{
    [Fact]
    public async Task An_order_is_looked_up_and_shows_its_states_in_both_languages()
    {
        var order = await OrderAsync(quantity: 2);
        await using var page = await browser.OpenAsync();
        await page.OpenAsync("order");

        await page["#order-id"].FillAsync($"{order}");
        // Looked up again until it is paid, which is soon.
        await Eventually.HoldsAsync(async () =>
        {
            await page["#order-form button"].ClickAsync();
            return await page["#order-history tbody tr"].CountAsync() >= 3;
        });
        await Expect(page.Result("order-form")).ToContainTextAsync($"Order {order}: 2 of product 77 for user 5. Amount 18,000, discount 0.");
        await Expect(page["#order-history tbody tr"].Nth(1)).ToContainTextAsync("Stock reserved");
        await page["#language"].ClickAsync();
        await Expect(page["#order-history tbody tr"].Nth(1)).ToContainTextAsync("재고 확보");
        await Expect(page.Result("order-form")).ToContainTextAsync("금액 18,000");

        await page["#order-id"].FillAsync("1");
        await page["#order-form button"].ClickAsync();
        await Expect(page.Result("order-form")).ToContainTextAsync("ORDER_NOT_EXIST");
        await Expect(page["#order-history"]).ToBeHiddenAsync();
    }

    [Fact]
    public async Task A_canceled_order_says_why()
    {
        var order = await OrderAsync(quantity: 1_000);
        await using var page = await browser.OpenAsync();
        await page.OpenAsync("order");

        await page["#order-id"].FillAsync($"{order}");
        await Eventually.HoldsAsync(async () =>
        {
            await page["#order-form button"].ClickAsync();
            return await page["#order-history tbody tr"].CountAsync() == 2;
        });

        await Expect(page.Result("order-form")).ToContainTextAsync("There was not enough of it.");
    }

    [Fact]
    public async Task What_happens_is_shown_newest_first_as_it_happens()
    {
        await using var page = await browser.OpenAsync();
        var before = await browser.CreateAsync("Seen when it is opened");
        await page.OpenAsync("notifications");
        await Expect(page["#notification-list li"].First).ToContainTextAsync($"Coupon {before} was created: Seen when it is opened.");

        var during = await browser.CreateAsync("Seen as it happens");

        await Expect(page["#notification-list li"].First).ToContainTextAsync($"Coupon {during} was created: Seen as it happens.");
    }

    private async Task<long> OrderAsync(int quantity)
    {
        using var product = await browser.Server.Http.PutAsJsonAsync("/products/77", new { name = "Chicken", price = 9_000, stock = 500 });
        product.EnsureSuccessStatusCode();
        using var placed = await browser.Server.Http.PostAsJsonAsync("/orders", new { userId = 5, productId = 77, quantity });
        placed.EnsureSuccessStatusCode();
        return (await placed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("orderId").GetInt64();
    }
}
