using System.Globalization;
using System.Text.Json;
using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>A coupon is changed as the operator means it, while others change it too.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class ChangeTests(Browser browser)
{
    private const string Save = "Save changes";

    [Fact]
    public async Task What_is_saved_is_there()
    {
        var couponId = await browser.CreateAsync(total: 100);
        await using var page = await OpenAsync(couponId);

        await page["#change-total"].FillAsync("200");
        await page.Button(Save).ClickAsync();

        await Expect(page.Result("change-form")).ToHaveTextAsync("Saved.");
        await Expect(page["#coupon .count"]).ToHaveTextAsync("0 issued of 200");
        await ThenChangedTo(couponId, coupon => coupon.GetProperty("totalQuantity").GetInt64() == 200);
    }

    [Fact]
    public async Task What_others_change_comes_into_the_form_where_nothing_was_typed()
    {
        var couponId = await browser.CreateAsync("Old title", total: 100);
        await using var page = await OpenAsync(couponId);
        await page["#change-title"].FillAsync("My title");

        await browser.ChangeAsync(couponId, new { title = "Their title", totalQuantity = 200 });

        await Expect(page["#change-total"]).ToHaveValueAsync("200");
        await Expect(page["#change-title"]).ToHaveValueAsync("My title");
        await Expect(page["#change-title-note"]).ToHaveTextAsync("Changed elsewhere meanwhile; it is now: Their title");
        await page["#change-total"].FillAsync("100");
        await page.Button(Save).ClickAsync();
        await Expect(page.Result("change-form")).ToHaveTextAsync("Saved.");
        await ThenChangedTo(couponId, coupon => coupon.GetProperty("title").GetString() == "My title" && coupon.GetProperty("totalQuantity").GetInt64() == 100);
        await Expect(page["#change-title-note"]).ToBeEmptyAsync();
    }

    [Fact]
    public async Task Undo_takes_what_the_server_has()
    {
        var couponId = await browser.CreateAsync("Old title");
        await using var page = await OpenAsync(couponId);
        await page["#change-title"].FillAsync("My title");
        await browser.ChangeAsync(couponId, new { title = "Their title" });
        await Expect(page["#change-title-note"]).Not.ToBeEmptyAsync();

        await page.Button("Undo").ClickAsync();

        await Expect(page["#change-title"]).ToHaveValueAsync("Their title");
        await Expect(page["#change-title-note"]).ToBeEmptyAsync();
    }

    [Theory]
    [InlineData("change-end", "change-form", Save)]
    [InlineData("create-end", "create-form", "Create coupon")]
    public async Task A_year_of_six_digits_is_refused_at_its_field(string field, string form, string button)
    {
        var couponId = await browser.CreateAsync();
        await using var page = await OpenAsync(couponId);
        await page.OpenAsync("create");

        await page[$"#{field}"].FillAsync("20266-01-01T00:00");
        await page[$"#{form}"].GetByText(button).ClickAsync();

        await Expect(page.Error(field)).ToHaveTextAsync("A day and a time, with a year of four digits.");
        await Expect(page.Result(form)).ToHaveTextAsync("Nothing was sent: see the fields.");
    }

    [Fact]
    public async Task What_was_said_of_one_attempt_is_gone_at_the_next()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await OpenAsync(couponId);
        await page["#change-title"].FillAsync("Another");
        await page.Button(Save).ClickAsync();
        await Expect(page.Result("change-form")).ToHaveTextAsync("Saved.");
        await page.Page.RouteAsync($"**/coupons/{couponId}", route => route.Request.Method == "PATCH" ? Task.CompletedTask : route.ContinueAsync());

        await page["#change-title"].FillAsync("Yet another");
        await page.Button(Save).ClickAsync();

        // The answer never comes.
        await Expect(page.Result("change-form")).ToBeEmptyAsync();
    }

    [Theory]
    [InlineData("Cancel", "100")]
    [InlineData("Yes, no limit", null)]
    public async Task An_emptied_quantity_is_asked_about(string answer, string? total)
    {
        var couponId = await browser.CreateAsync("Title", total: 100);
        await using var page = await OpenAsync(couponId);

        await page["#change-total"].FillAsync("");
        await page.Button(Save).ClickAsync();
        await Expect(page["#question-title"]).ToHaveTextAsync("Without a limit?");
        await page.AnswerAsync(answer);

        if (total is null)
        {
            await Expect(page.Result("change-form")).ToHaveTextAsync("Saved.");
            await ThenChangedTo(couponId, coupon => coupon.GetProperty("totalQuantity").ValueKind == JsonValueKind.Null);
        }
        else
        {
            await Expect(page.Error("change-total")).ToHaveTextAsync("Nothing was sent. How many are there?");
            Assert.DoesNotContain($"PATCH /coupons/{couponId}", page.Requests);
        }
    }

    [Fact]
    public async Task A_total_below_what_is_issued_is_refused_at_its_field()
    {
        var couponId = await browser.CreateAsync(total: 100);
        await browser.Server.IssueAsync(couponId, 1);
        await browser.Server.IssueAsync(couponId, 2);
        await using var page = await OpenAsync(couponId);

        await page["#change-total"].FillAsync("1");
        await page.Button(Save).ClickAsync();

        await Expect(page.Error("change-total")).ToHaveTextAsync("More have been issued already.");
    }

    [Theory]
    [InlineData("Save mine", "My title")]
    [InlineData("Take what is there now", "Their title")]
    [InlineData("Cancel", "Their title")]
    public async Task Who_saves_over_what_others_changed_meanwhile_is_asked(string choice, string title)
    {
        var couponId = await browser.CreateAsync("Old title");
        await using var page = await OpenAsync(couponId);
        // The page is not told of the change in time: the server's own guard is all that there is.
        await page.Page.RouteAsync($"**/coupons/{couponId}", async route =>
        {
            if (route.Request.Method == "PATCH" && !page.Requests.Contains("GET /already-changed"))
            {
                await page.Page.EvaluateAsync("fetch('already-changed')");
                await browser.ChangeAsync(couponId, new { title = "Their title" });
            }

            await route.FallbackAsync();
        });

        await page["#change-title"].FillAsync("My title");
        await page.Button(Save).ClickAsync();

        await Expect(page["#question-title"]).ToHaveTextAsync("Somebody else changed this coupon");
        await Expect(page["#question table tbody tr"]).ToHaveTextAsync(["TitleTheir titleMy title"]);
        await page.AnswerAsync(choice);
        await Expect(page.Result("change-form")).Not.ToBeEmptyAsync();
        await ThenChangedTo(couponId, coupon => coupon.GetProperty("title").GetString() == title);
        await Expect(page["#change-title"]).ToHaveValueAsync(choice == "Cancel" ? "My title" : title);
    }

    [Fact]
    public async Task What_others_changed_but_the_form_does_not_show_is_no_matter()
    {
        var couponId = await browser.CreateAsync("Old title");
        await using var page = await OpenAsync(couponId);
        await Expect(page["#tickets-note"]).ToHaveTextAsync("None yet.");
        await page.Page.RouteAsync($"**/coupons/{couponId}", async route =>
        {
            // Stopped at this very moment.
            if (route.Request.Method == "PATCH" && !page.Requests.Contains("GET /already-changed"))
            {
                await page.Page.EvaluateAsync("fetch('already-changed')");
                await browser.StopAsync(couponId);
            }

            await route.FallbackAsync();
        });

        await page["#change-total"].FillAsync("77");
        await page.Button(Save).ClickAsync();

        await Expect(page.Result("change-form")).ToHaveTextAsync("Saved.");
        await ThenChangedTo(couponId, coupon => coupon.GetProperty("totalQuantity").GetInt64() == 77);
    }

    [Fact]
    public async Task A_coupon_is_copied_into_the_form_for_a_new_one()
    {
        var couponId = await browser.CreateAsync("Worth copying", total: 321, discount: 5_000, smallest: 30_000, start: "2030-05-06T07:08:00Z");
        await using var page = await OpenAsync(couponId);

        await page.Button("Copy into a new coupon").ClickAsync();
        await Expect(page["#create-title"]).ToBeFocusedAsync();
        await Expect(page["#create-start"]).ToHaveValueAsync("2030-05-06T16:08");
        await page.Button("Create coupon").ClickAsync();

        await Expect(page.Result("create-form")).ToContainTextAsync("Created coupon");
        await Expect(page["#coupon-id"]).Not.ToHaveTextAsync(couponId.ToString(CultureInfo.InvariantCulture));
        await Expect(page.Title).ToHaveTextAsync("Worth copying");
        await Expect(page["#fact-discount"]).ToHaveTextAsync("5,000");
        await Expect(page["#fact-smallest"]).ToHaveTextAsync("30,000");
        await Expect(page["#fact-left"]).ToHaveTextAsync("321");
    }

    private async Task<DashboardPage> OpenAsync(long couponId)
    {
        var page = await browser.OpenAsync($"coupon-{couponId}");
        await page.OpenAsync("change");
        return page;
    }

    private Task ThenChangedTo(long couponId, Func<JsonElement, bool> expected) =>
        Eventually.HoldsAsync(async () => expected(await browser.GetAsync(couponId)), () => $"Coupon {couponId} is not as it was changed to.");
}
