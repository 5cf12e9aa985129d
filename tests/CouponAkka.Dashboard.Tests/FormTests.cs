using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>What is wrong is said all at once, each at its field.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class FormTests(Browser browser)
{
    [Theory]
    [InlineData("en-GB", "A title of 1 to 255 characters.", "A whole number, 0 or more, in digits alone.")]
    [InlineData("ko-KR", "1~255자의 제목을 입력하세요.", "0 이상의 정수를 숫자로만 입력하세요.")]
    public async Task Every_mistake_is_told_at_once(string locale, string ofTitle, string ofAmount)
    {
        await using var page = await browser.OpenAsync(options: new() { Locale = locale });
        await page.OpenAsync("create");

        await page["#create-title"].FillAsync("");
        await page["#create-total"].FillAsync("abc");
        await page["#create-discount"].FillAsync("-5");
        await page["#create-min"].FillAsync("1,000");
        await page["#create-start"].FillAsync("");
        await page["#create-form button.primary"].ClickAsync();

        await Expect(page.Error("create-title")).ToHaveTextAsync(ofTitle);
        await Expect(page.Error("create-discount")).ToHaveTextAsync(ofAmount);
        await Expect(page.Error("create-min")).ToHaveTextAsync(ofAmount);
        await Expect(page.Error("create-total")).Not.ToBeEmptyAsync();
        await Expect(page.Error("create-start")).Not.ToBeEmptyAsync();
        await Expect(page["#create-title"]).ToBeFocusedAsync();
        await Expect(page["#create-form [aria-invalid=true]"]).ToHaveCountAsync(5);
        Assert.DoesNotContain("POST /coupons", page.Requests);
    }

    [Fact]
    public async Task An_end_that_is_not_after_the_start_is_told_at_its_field()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenAsync("create");

        await page["#create-end"].FillAsync(await page["#create-start"].InputValueAsync());
        await page.Button("Create coupon").ClickAsync();

        await Expect(page.Error("create-end")).ToHaveTextAsync("This must be after the start.");
    }

    [Fact]
    public async Task What_the_server_refuses_is_told_at_its_fields_too()
    {
        await using var page = await browser.OpenAsync();
        await page.Page.RouteAsync("**/coupons", route => route.FulfillAsync(new()
        {
            Status = 400,
            ContentType = "application/problem+json",
            Body = """{"status":400,"code":"VALIDATION_FAILED","title":"Not valid","detail":"See errors.","errors":{"title":["a"],"dateIssueEnd":["b"],"vendorId":["c"]}}""",
        }));
        await page.OpenAsync("create");

        await page.Button("Create coupon").ClickAsync();

        await Expect(page["#create-form [aria-invalid=true]"]).ToHaveCountAsync(3);
        await Expect(page.Error("create-vendor")).ToHaveTextAsync("A whole number, 1 or more, in digits alone; or nothing.");
        await Expect(page.Result("create-form")).ToContainTextAsync("VALIDATION_FAILED");
    }

    [Fact]
    public async Task A_new_coupon_without_a_quantity_is_asked_about()
    {
        await using var page = await browser.OpenAsync();
        await page.OpenAsync("create");
        await page["#create-total"].FillAsync("");

        await page.Button("Create coupon").ClickAsync();
        await page.AnswerAsync("Cancel");

        await Expect(page.Error("create-total")).Not.ToBeEmptyAsync();
        Assert.DoesNotContain("POST /coupons", page.Requests);
    }
}
