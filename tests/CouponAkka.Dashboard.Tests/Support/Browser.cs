using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;

namespace CouponAkka.Dashboard.Tests.Support;

/// <summary>Debian's Chromium, and the standalone program as a process of its own; one of each for all tests, which make coupons of their own.</summary>
public sealed class Browser : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _data = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private StandaloneServer? _server;
    private long _lastCoupon = 1_000_000;

    internal StandaloneServer Server => _server!;

    public async Task InitializeAsync()
    {
        // What the page looks at for itself it looks at every five seconds, which is Playwright's own patience.
        Assertions.SetDefaultExpectTimeout(30_000);
        _server = await StandaloneServer.StartAsync(_data.Path);
        _playwright = await Playwright.CreateAsync();
        // Chromium's sandbox does not run as root, as containers and CI do; and /dev/shm is small there.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async Task DisposeAsync()
    {
        await _browser!.DisposeAsync();
        _playwright!.Dispose();
    }

    public void Dispose()
    {
        _server?.Dispose();
        _data.Dispose();
    }

    /// <summary>A page of a browser that nobody has used before: no cookie, no memory, English and Seoul unless said otherwise.</summary>
    internal async Task<DashboardPage> OpenAsync(string hash = "", BrowserNewContextOptions? options = null, Uri? address = null)
    {
        options ??= new();
        options.Locale ??= "en-GB";
        options.TimezoneId ??= "Asia/Seoul";
        options.BaseURL = (address ?? Server.Http.BaseAddress!).ToString();
        var context = await _browser!.NewContextAsync(options);
        var page = await context.NewPageAsync();
        var dashboard = new DashboardPage(page);
        await page.GotoAsync(hash.Length > 0 ? $"./#{hash}" : ".");
        return dashboard;
    }

    /// <summary>A coupon of the test's own.</summary>
    internal async Task<long> CreateAsync(
        string? title = null,
        long? total = 100,
        string start = "2020-01-01T00:00:00Z",
        string end = "2500-01-01T00:00:00Z",
        long discount = 1_000,
        long smallest = 10_000)
    {
        var id = Interlocked.Increment(ref _lastCoupon);
        using var answer = await Server.Http.PutAsJsonAsync($"/coupons/{id}", new
        {
            title = title ?? string.Create(CultureInfo.InvariantCulture, $"Coupon of test {id}"),
            totalQuantity = total,
            discountAmount = discount,
            minAvailableAmount = smallest,
            dateIssueStart = start,
            dateIssueEnd = end,
        });
        answer.EnsureSuccessStatusCode();
        return id;
    }

    internal async Task<JsonElement> ChangeAsync(long couponId, object change)
    {
        using var answer = await Server.Http.PatchAsJsonAsync($"/coupons/{couponId}", change);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>())!;
    }

    internal async Task StopAsync(long couponId)
    {
        using var answer = await Server.Http.PostAsync($"/coupons/{couponId}/stop", null);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The coupon in the read model, which may be a moment behind.</summary>
    internal Task<JsonElement> GetAsync(long couponId) => Server.Http.GetFromJsonAsync<JsonElement>($"/coupons/{couponId}")!;

    internal async Task<long> IssuedAsync(long couponId) =>
        (await Server.Http.GetFromJsonAsync<JsonElement>($"/coupons/{couponId}/status")).GetProperty("issuedQuantity").GetInt64();
}

[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}
