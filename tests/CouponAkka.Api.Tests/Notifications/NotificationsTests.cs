using System.Globalization;
using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests.Notifications;

/// <summary>What happened, as a list and as a stream.</summary>
public sealed class NotificationsTests : IAsyncLifetime
{
    private readonly CouponService _service = CouponService.Start();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    [Trait("Promise", "17")]
    public async Task Each_thing_that_happened_is_a_line()
    {
        await HappenedAsync();

        var (items, next) = Then.IsPage(await _service.When.Get("/notifications"));
        Assert.Equal(JsonValueKind.Null, next.ValueKind);
        Assert.Equal(
            [
                "1 coupon.created /coupons/5 Coupon 5 was created: Spring.",
                "2 coupon.issued /coupons/5 User 7 was issued coupon 5, ticket 1.",
                "3 coupon.issued /coupons/5 User 8 was issued coupon 5, ticket 2.",
                "4 coupon.stopped /coupons/5 Issuing of coupon 5 was stopped.",
            ],
            items.Select(Text));
        foreach (var item in items)
        {
            Then.HasFields(item, "n", "at", "kind", "subject", "text", "data");
            Then.Time(item.GetProperty("at"));
            Assert.Equal(5, item.GetProperty("data").GetProperty("couponId").GetInt64());
        }

        Assert.Equal("""{"couponId":5,"userId":8,"ticket":2}""", items[2].GetProperty("data").GetRawText());
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task Pages_lead_to_one_another()
    {
        await HappenedAsync();

        var read = new List<string>();
        for (var after = "0"; after.Length > 0;)
        {
            var (items, next) = Then.IsPage(await _service.When.Get($"/notifications?after={after}&limit=3"));
            read.AddRange(items.Select(Text));
            after = next.ValueKind == JsonValueKind.Null ? "" : next.ToString();
        }

        Assert.Equal(["1", "2", "3", "4"], read.Select(line => line[..1]));
        Assert.Empty(Then.IsPage(await _service.When.Get("/notifications?after=900")).Items);
        Then.IsInvalid(await _service.When.Get("/notifications?after=-1"), "after");
        Then.IsInvalid(await _service.When.Get("/notifications?limit=201"), "limit");
    }

    [Fact]
    [Trait("Promise", "17")]
    public async Task A_stream_begins_with_the_first_or_where_one_left_off_and_goes_on()
    {
        await HappenedAsync();
        using var all = await Stream.OpenAsync(_service.Address, null);
        using var some = await Stream.OpenAsync(_service.Address, "3");
        using var last = await Stream.OpenAsync(_service.Address, null, "?last=2");
        Assert.Equal("text/event-stream", all.ContentType);
        Assert.Equal(["1", "2", "3", "4"], await all.IdsAsync(4));
        Assert.Equal(["4"], await some.IdsAsync(1));
        Assert.Equal(["3", "4"], await last.IdsAsync(2));

        await _service.Given.Coupon(6);

        Assert.Equal(["5"], await all.IdsAsync(1));
        Assert.Equal(["5"], await some.IdsAsync(1));
        var item = Then.IsPage(await _service.When.Get("/notifications?after=4")).Items[0];
        Assert.Equal(item.GetRawText(), all.LastData);
    }

    [Fact]
    public async Task A_stream_takes_no_place_of_a_request_and_bad_ids_are_refused()
    {
        await using var small = CouponService.Start([("Limits:ConcurrentRequests", "1"), ("Limits:QueuedRequests", "0")]);
        using var stream = await Stream.OpenAsync(small.Address, null);
        await small.Given.Coupon(5);
        Assert.Equal(["1"], await stream.IdsAsync(1));

        Then.IsInvalid(await small.When.Get("/notifications/stream?after=x"), "after");
        Then.IsInvalid(await small.When.Get("/notifications/stream?last=-1"), "last");
        Then.IsInvalid(await small.When.Send(HttpMethod.Get, "/notifications/stream", null, ("Last-Event-ID", "-1")), "Last-Event-ID");
    }

    [Fact]
    public async Task A_silent_stream_is_kept_alive_by_comments()
    {
        using var stream = await Stream.OpenAsync(_service.Address, null);

        await stream.UntilAsync(": still here");
    }

    private static string Text(JsonElement item) => string.Create(
        CultureInfo.InvariantCulture,
        $"{item.GetProperty("n").GetInt64()} {item.GetProperty("kind")} {item.GetProperty("subject")} {item.GetProperty("text")}");

    private async Task HappenedAsync()
    {
        Then.Is(201, await _service.When.Put("/coupons/5", Policy.With(("title", "\"Spring\""))));
        await _service.Given.Issue(5, 7);
        await _service.Given.Issue(5, 8);
        Then.Is(200, await _service.When.Post("/coupons/5/stop"));
        await _service.Given.Eventually("/notifications", answer => Then.IsPage(answer).Items.Count == 4);
    }

    private sealed class Stream(HttpClient http, HttpResponseMessage answer, StreamReader lines) : IDisposable
    {
        public string? ContentType => answer.Content.Headers.ContentType?.MediaType;

        public string LastData { get; private set; } = "";

        public static async Task<Stream> OpenAsync(Uri address, string? lastEventId, string query = "")
        {
            var http = new HttpClient();
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, $"/notifications/stream{query}"));
            if (lastEventId is not null)
                request.Headers.Add("Last-Event-ID", lastEventId);
            var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(200, (int)answer.StatusCode);
            return new(http, answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
        }

        public async Task<IReadOnlyList<string>> IdsAsync(int count)
        {
            var ids = new List<string>();
            while (ids.Count < count)
            {
                ids.Add((await UntilAsync("id: "))[4..]);
                LastData = (await UntilAsync("data: "))[6..];
            }

            return ids;
        }

        public async Task<string> UntilAsync(string begin)
        {
            using var passed = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (await lines.ReadLineAsync(passed.Token) is { } line)
            {
                if (line.StartsWith(begin, StringComparison.Ordinal))
                    return line;
            }

            throw new InvalidOperationException($"The stream ended before it told: {begin}");
        }

        public void Dispose()
        {
            lines.Dispose();
            answer.Dispose();
            http.Dispose();
        }
    }
}
