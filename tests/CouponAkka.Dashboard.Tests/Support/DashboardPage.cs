using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace CouponAkka.Dashboard.Tests.Support;

/// <summary>The page, as its parts are called here. Nothing that the browser complains of goes unnoticed.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly ConcurrentQueue<string> _requests = [];

    public DashboardPage(IPage page)
    {
        Page = page;
        Page.SetDefaultTimeout(30_000);
        Page.PageError += (_, error) => _complaints.Enqueue(error);
        // What the server refuses is in the console too, as "Failed to load resource", and no mistake of the page.
        Page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Enqueue(message.Text);
        };
        Page.Request += (_, request) => _requests.Enqueue($"{request.Method} {new Uri(request.Url).AbsolutePath}");
    }

    public IPage Page { get; }

    /// <summary>What the page asked the server, oldest first, as <c>GET /path</c>.</summary>
    public IEnumerable<string> Requests => _requests;

    public ILocator Rows => Page.Locator("#list li");

    public ILocator Title => Page.Locator("#coupon-title");

    public ILocator Question => Page.Locator("#question");

    public ILocator this[string selector] => Page.Locator(selector);

    public ILocator Error(string fieldId) => Page.Locator($"#{fieldId}-error");

    public ILocator Result(string formId) => Page.Locator($"#{formId} .result");

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Fills a field of a closed section too.</summary>
    public async Task OpenAsync(string detailsId)
    {
        if (await Page.Locator($"#{detailsId}").GetAttributeAsync("open") is null)
            await Page.Locator($"#{detailsId} > summary").ClickAsync();
    }

    /// <summary>Says yes, or the like, to the question that the page asks.</summary>
    public Task AnswerAsync(string button) => Question.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        Assert.Empty(_complaints);
    }
}
