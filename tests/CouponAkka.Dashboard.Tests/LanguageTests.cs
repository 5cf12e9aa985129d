using System.Text.RegularExpressions;
using CouponAkka.Dashboard.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace CouponAkka.Dashboard.Tests;

/// <summary>The page speaks English and Korean.</summary>
[Collection(BrowserTests.Name)]
[Trait("Needs", "Chromium")]
public sealed partial class LanguageTests(Browser browser)
{
    [Theory]
    [InlineData("ko-KR", "ko", "새 쿠폰")]
    [InlineData("ko", "ko", "새 쿠폰")]
    [InlineData("en-US", "en", "New coupon")]
    [InlineData("de-DE", "en", "New coupon")]
    public async Task It_begins_in_the_language_of_the_browser(string locale, string language, string words)
    {
        await using var page = await browser.OpenAsync(options: new() { Locale = locale });

        await Expect(page["html"]).ToHaveAttributeAsync("lang", language);
        await Expect(page["#create > summary"]).ToHaveTextAsync(words);
    }

    [Fact]
    public async Task Another_language_is_chosen_and_remembered_and_nothing_typed_is_lost()
    {
        var couponId = await browser.CreateAsync();
        await using var page = await browser.OpenAsync($"coupon-{couponId}");
        await page.OpenAsync("change");
        await page["#change-title"].FillAsync("Typed");

        await page.Button("한국어").ClickAsync();

        await Expect(page["html"]).ToHaveAttributeAsync("lang", "ko");
        await Expect(page["#coupon .badge"]).ToHaveTextAsync("발급 중");
        await Expect(page["#change-title"]).ToHaveValueAsync("Typed");
        await page.Page.ReloadAsync();
        await Expect(page["html"]).ToHaveAttributeAsync("lang", "ko");
        await page.Button("English").ClickAsync();
        await Expect(page["#create > summary"]).ToHaveTextAsync("New coupon");
        await Expect(page["#coupon .badge"]).ToHaveTextAsync("Open");
    }

    [Fact]
    public async Task A_refusal_is_told_in_Korean_as_the_course_tells_it()
    {
        var couponId = await browser.CreateAsync(total: 0);
        await using var page = await browser.OpenAsync($"coupon-{couponId}", new() { Locale = "ko-KR" });

        await page["#user-form button.primary"].ClickAsync();

        await Expect(page.Result("user-form")).ToContainTextAsync("쿠폰 발급 수량이 유효하지 않습니다.");
    }

    [Fact]
    public async Task Every_sentence_is_there_in_both()
    {
        await using var page = await browser.OpenAsync();

        var missing = await page.Page.EvaluateAsync<string[]>(
            """
            async () => {
              const { sentences, korean } = await import("./dashboard/sentences.js");
              const placeholders = text => [...text.matchAll(/\{\w+\}/g)].map(match => match[0]).sort().join();
              const templates = [document, ...[...document.querySelectorAll("template")].map(template => template.content)];
              const parts = templates.flatMap(root => [...root.querySelectorAll("[data-t]")]);
              return [
                ...parts.filter(part => !korean[part.dataset.t]).map(part => part.dataset.t),
                ...[...document.querySelectorAll("[data-label]")].map(part => part.dataset.label).filter(name => !sentences[name]),
                ...Object.keys(korean).filter(name => !parts.some(part => part.dataset.t === name)),
                ...Object.entries(sentences).filter(([name, [english, inKorean]]) => !english || !inKorean).map(([name]) => name),
                // Korean may leave out what a sentence shows anyway, but names nothing that is not given.
                ...Object.entries(sentences).filter(([, [english, inKorean]]) => placeholders(english) !== placeholders(inKorean)).map(([name]) => name),
              ];
            }
            """);

        Assert.Empty(missing);
    }

    [Fact]
    public async Task Every_sentence_that_is_said_is_there()
    {
        await using var page = await browser.OpenAsync();
        var there = await page.Page.EvaluateAsync<string[]>("async () => Object.keys((await import('./dashboard/sentences.js')).sentences)");

        foreach (var script in page.Requests.Where(request => request.EndsWith(".js", StringComparison.Ordinal)).ToList())
        {
            var text = await browser.Server.Http.GetStringAsync(script["GET ".Length..]);
            Assert.All(Said().Matches(text).Select(match => match.Groups[1].Value), name => Assert.Contains(name, there));
        }
    }

    [GeneratedRegex("""\bt\("([^"]+)"[,)]""")]
    private static partial Regex Said();
}
