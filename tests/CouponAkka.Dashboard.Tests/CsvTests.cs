using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>All tickets leave the page as a file.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed class CsvTests(Browser browser)
{
    [Fact]
    public async Task Every_ticket_of_every_page_is_in_the_file_and_no_cell_is_a_formula()
    {
        const int Tickets = 1_005;
        var couponId = await browser.CreateAsync("=HYPERLINK(\"http://evil.example\")", total: Tickets);
        await Parallel.ForAsync(1, Tickets + 1, async (user, _) => await browser.Server.IssueAsync(couponId, user));
        await Eventually.HoldsAsync(async () => (await browser.GetAsync(couponId)).GetProperty("issuedQuantity").GetInt64() == Tickets);
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        var refused = false;
        await page.Page.RouteAsync("**/issues?after=1000&*", route =>
        {
            if (refused)
                return route.ContinueAsync();
            refused = true;
            return route.FulfillAsync(new()
            {
                Status = 429,
                Headers = new Dictionary<string, string> { ["Retry-After"] = "1" },
                Body = """{"code":"TOO_MANY_REQUESTS"}""",
            });
        });

        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.Button("All tickets as CSV").ClickAsync());

        await Expect(page.Result("csv-form")).ToHaveTextAsync("1,005 tickets saved.");
        Assert.Equal($"coupon-{couponId}-tickets.csv", download.SuggestedFilename);
        var lines = (await File.ReadAllTextAsync(await download.PathAsync())).TrimEnd().Split("\r\n");
        Assert.True(refused);
        Assert.Equal("\"couponId\",\"title\",\"ticket\",\"userId\",\"dateIssued\",\"dateUsed\"", lines[0]);
        Assert.Equal(Tickets, lines.Length - 1);
        Assert.StartsWith($"\"{couponId}\",\"'=HYPERLINK(\"\"http://evil.example\"\")\",\"1\",", lines[1], StringComparison.Ordinal);
        Assert.All(lines[1..].Index(), line => Assert.Contains($"\",\"{line.Index + 1}\",\"", line.Item, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("=1+1", "\"'=1+1\"")]
    [InlineData("+1", "\"'+1\"")]
    [InlineData("-1", "\"'-1\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("  =1", "\"'  =1\"")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("\n=1", "\"'\n=1\"")]
    [InlineData("＝1", "\"'＝1\"")]
    [InlineData("a \"b\", c", "\"a \"\"b\"\", c\"")]
    [InlineData("쿠폰", "\"쿠폰\"")]
    public async Task A_cell_is_text_for_every_spreadsheet(string text, string cell)
    {
        await using var page = await browser.OpenAsync();

        Assert.Equal(cell, await page.Page.EvaluateAsync<string>("async text => (await import('./dashboard/export.js')).cell(text)", text));
    }

    [Fact]
    public async Task Half_a_file_is_none()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await page.Page.RouteAsync("**/issues?after=0&limit=1000", route =>
            route.FulfillAsync(new() { Status = 403, Body = """{"code":"FORBIDDEN","title":"Not allowed","detail":"No."}""" }));

        await page.Button("All tickets as CSV").ClickAsync();

        await Expect(page.Result("csv-form")).ToContainTextAsync("No file was made: Not allowed.");
    }
}
