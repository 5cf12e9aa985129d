using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Hosting.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests.Notifications;

/// <summary>Webhooks: who may add them, where they may lead, and what comes there.</summary>
public sealed class WebhooksTests
{
    private static readonly (string, string) Allowed = ("Webhooks:AllowPrivateTargets", "true");

    [Fact]
    [Trait("Promise", "17")]
    public async Task Each_notification_is_posted_in_order_signed_and_again_until_it_is_taken()
    {
        await using var service = CouponService.Start([Allowed]);
        await service.Given.Coupon(4);
        await NumberedAsync(service, 1);
        await using var shop = await Shop.OpenAsync();
        var id = Id(Then.IsJson(201, await AddAsync(service, shop.Url)));
        await using var dead = await Shop.OpenAsync();
        dead.Status = 500;
        Then.Is(201, await AddAsync(service, dead.Url));
        await using var some = await Shop.OpenAsync();
        Then.Is(201, await AddAsync(service, some.Url, """["coupon.issued"]"""));
        shop.Fail = 1;

        await service.Given.Coupon(5);
        await service.Given.Issue(5, 7);
        await service.Given.Issue(5, 8);

        await shop.TakenAsync(3);
        await some.TakenAsync(2);
        // A webhook hears what happens from when it was added.
        var (items, _) = Then.IsPage(await service.When.Get("/notifications?after=1"));
        Assert.Equal(items.Select(item => item.GetRawText()), shop.Taken.Select(taken => taken.Body));
        Assert.Equal(items.Skip(1).Select(item => item.GetRawText()), some.Taken.Select(taken => taken.Body));
        foreach (var (body, signature) in shop.Taken)
        {
            var time = DateTimeOffset.FromUnixTimeSeconds(long.Parse(signature.Split(',')[0][2..], null));
            Assert.Equal(WebhookSender.SignatureOf("a secret", time, Encoding.UTF8.GetBytes(body)), signature);
        }

        // The dead one has delayed itself alone, and says how it fares.
        var listed = await service.Given.Eventually("/webhooks", answer => Fares(answer, 0).GetProperty("delivered").GetInt64() == 4
            && Fares(answer, 1).GetProperty("lastError").ValueKind == JsonValueKind.String);
        Then.HasFields(Fares(listed, 0), "id", "url", "kinds", "dateCreated", "delivered", "failingSince", "lastError", "nextTry");
        Assert.Equal("It answered 500.", Fares(listed, 1).GetProperty("lastError").GetString());
        Assert.Equal(1, Fares(listed, 1).GetProperty("delivered").GetInt64());
        Assert.Equal(JsonValueKind.Null, Fares(listed, 0).GetProperty("failingSince").ValueKind);
        Then.Time(Fares(listed, 1).GetProperty("failingSince"));
        Then.Time(Fares(listed, 1).GetProperty("nextTry"));
        Assert.DoesNotContain("a secret", listed.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("a secret", service.Log.ToString(), StringComparison.Ordinal);
        Assert.True(service.Log.Has(LogLevel.Warning, "does not take notification 2", "It answered 500."), service.Log.ToString());

        Then.Is(204, await service.When.Send(HttpMethod.Delete, $"/webhooks/{id}"));
        Then.IsProblem(404, "WEBHOOK_NOT_EXIST", await service.When.Send(HttpMethod.Delete, $"/webhooks/{id}"));
        Assert.Equal(2, Then.IsPage(await service.When.Get("/webhooks")).Items.Count);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var service = CouponService.Start([Allowed]);
        await using var shop = await Shop.OpenAsync();
        await using var elsewhere = await Shop.OpenAsync();
        (shop.Status, shop.Location) = (307, elsewhere.Url);
        Then.Is(201, await AddAsync(service, shop.Url));

        await service.Given.Coupon(5);

        await service.Given.Eventually(
            "/webhooks", answer => Fares(answer, 0).GetProperty("lastError").ToString().Contains("307: redirects are not followed", StringComparison.Ordinal));
        Assert.Empty(elsewhere.Taken);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://localhost/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://[::ffff:192.168.1.1]/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://there.is.no.such.host.invalid/")]
    [InlineData("ftp://shop.example/")]
    [InlineData("not a url")]
    public async Task Where_it_may_not_lead_is_refused(string url)
    {
        await using var service = CouponService.Start();

        Then.IsInvalid(await AddAsync(service, url), "url");
        Assert.Empty(Then.IsPage(await service.When.Get("/webhooks")).Items);
    }

    [Theory]
    [InlineData("""{"url":"http://127.0.0.1:9/"}""", "secret")]
    [InlineData("""{"url":"http://127.0.0.1:9/","secret":""}""", "secret")]
    [InlineData("""{"url":"http://127.0.0.1:9/","secret":"s","kinds":[]}""", "kinds")]
    [InlineData("""{"url":"http://127.0.0.1:9/","secret":"s","kinds":["coupon.isued"]}""", "kinds")]
    [InlineData("""{"url":"http://127.0.0.1:9/","secret":"s","kinds":[null]}""", "kinds")]
    [InlineData("""{"secret":"s"}""", "url")]
    public async Task What_is_no_webhook_is_refused(string body, string field)
    {
        await using var service = CouponService.Start([Allowed]);

        Then.IsInvalid(await service.When.Post("/webhooks", body), field);
    }

    [Fact]
    public async Task There_are_no_more_than_there_can_be_and_administrators_alone_see_them()
    {
        await using var service = CouponService.Start([Allowed, ("Admin:ApiKey", "the key")]);
        using var admin = new When(service.Address, ("X-Api-Key", "the key"));
        for (var i = 0; i < Webhook.Most; i++)
            Then.Is(201, await admin.Post("/webhooks", Body("http://127.0.0.1:9/")));

        Then.IsProblem(409, "TOO_MANY_WEBHOOKS", await admin.Post("/webhooks", Body("http://127.0.0.1:9/")));
        Then.Is(401, await service.When.Post("/webhooks", Body("http://127.0.0.1:9/")));
        Then.Is(401, await service.When.Get("/webhooks"));
        Then.Is(401, await service.When.Send(HttpMethod.Delete, "/webhooks/1"));
    }

    private static string Body(string url, string kinds = "null") => $$"""{"url":"{{url}}","kinds":{{kinds}},"secret":"a secret"}""";

    private static Task<Answer> AddAsync(CouponService service, string url, string kinds = "null") => service.When.Post("/webhooks", Body(url, kinds));

    private static long Id(JsonElement webhook) => webhook.GetProperty("id").GetInt64();

    private static JsonElement Fares(Answer answer, int index) => Then.IsPage(answer).Items[index];

    private static Task<Answer> NumberedAsync(CouponService service, int count) =>
        service.Given.Eventually("/notifications", answer => Then.IsPage(answer).Items.Count == count);

    /// <summary>Somebody whom notifications are posted to.</summary>
    private sealed class Shop : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private Shop(WebApplication app) => _app = app;

        public string Url => _app.Urls.First() + "/hook";

        public int Status { get; set; } = 204;

        public string? Location { get; set; }

        /// <summary>How many it does not take before it takes any.</summary>
        public int Fail { get; set; }

        public ConcurrentQueue<(string Body, string Signature)> Taken { get; } = new();

        public static async Task<Shop> OpenAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            var shop = new Shop(app);
            app.MapPost("/hook", shop.TakeAsync);
            await app.StartAsync();
            return shop;
        }

        public async Task TakenAsync(int count)
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (Taken.Count < count)
                await Task.Delay(10, late.Token);
        }

        public async ValueTask DisposeAsync() => await _app.DisposeAsync();

        private async Task TakeAsync(HttpContext context)
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            context.Response.StatusCode = Fail-- > 0 ? (int)HttpStatusCode.ServiceUnavailable : Status;
            if (Location is not null)
                context.Response.Headers.Location = Location;
            if (context.Response.StatusCode == 204)
                Taken.Enqueue((body, context.Request.Headers["X-Coupon-Signature"].ToString()));
        }
    }
}
