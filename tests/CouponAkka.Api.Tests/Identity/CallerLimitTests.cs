using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>No one caller takes what is there for all: each has a burst of their own, and then one request a second.</summary>
public sealed class CallerLimitTests : IDisposable
{
    private const int Burst = 20;

    private readonly IssuerKey _key = IssuerKey.Ec("ec-1");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-keys-");

    [Fact]
    public async Task Each_person_is_limited_by_themselves()
    {
        var keys = Path.Combine(_directory.FullName, "keys.json");
        await File.WriteAllTextAsync(keys, IssuerKey.Set(_key));
        await using var service = CouponService.Start([("Auth:SigningKeys", keys), ("Auth:Audience", Token.Audience), .. Few]);
        using var one = As(service, "1");
        using var two = As(service, "2");

        await IsLimited(() => one.Get("/coupons/1/issues/1"));
        Then.Is(404, await two.Get("/coupons/1/issues/2"));
        Then.Is(401, await service.When.Get("/coupons/1/issues/2"));
    }

    [Fact]
    public async Task Without_a_token_each_address_is()
    {
        await using var service = CouponService.Start([.. Few]);
        using var another = new When(new Uri($"http://127.0.0.1:{service.Address.Port}"), ("X-Forwarded-For", "203.0.113.9"));

        await IsLimited(() => service.When.Get("/coupons/1/status"));
        // Whose word is not believed.
        await HaveNoBurstLeft(() => another.Get("/coupons/1/status"));
        var course = await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => service.When.Post("/v1/issue", """{"userId":1,"couponId":1}""")));
        Assert.Contains("쿠폰 발급 요청에 실패했습니다.", course.Select(answer => Then.IsJson(200, answer).GetProperty("comment").GetString()));
        foreach (var path in (string[])["/health/ready", "/health/live", "/openapi/v1.json", "/"])
            Then.Is(200, await service.When.Get(path));
    }

    [Fact]
    public async Task Behind_a_proxy_that_is_trusted_each_of_its_clients_is()
    {
        await using var service = CouponService.Start([.. Few, ("Limits:TrustedProxies", "10.1.0.0/16, 127.0.0.1, ::1")]);
        using var one = From(service, "203.0.113.1");
        using var two = From(service, "203.0.113.2");
        using var liar = From(service, "203.0.113.3, 203.0.113.1, 10.1.2.3");
        using var network = From(service, "2001:db8::1");
        using var sameNetwork = From(service, "2001:db8::2");
        using var otherNetwork = From(service, "2001:db8:0:1::1");

        await IsLimited(() => one.Get("/coupons/1/status"));
        Then.Is(404, await two.Get("/coupons/1/status"));
        await HaveNoBurstLeft(() => liar.Get("/coupons/1/status"));
        await IsLimited(() => network.Get("/coupons/1/status"));
        await HaveNoBurstLeft(() => sameNetwork.Get("/coupons/1/status"));
        Then.Is(404, await otherNetwork.Get("/coupons/1/status"));
        // Nor does the word of a proxy make anyone local.
        using var local = From(service, "127.0.0.1");
        Then.IsProblem(403, "FORBIDDEN", await local.Put("/coupons/1", Policy.With()));
    }

    [Fact]
    public async Task Who_is_sent_away_is_told_to_come_back_at_different_times()
    {
        await using var service = CouponService.Start([.. Few]);
        var after = new HashSet<double>();

        for (var asked = 0; asked < 300; asked++)
        {
            if ((await service.When.Get("/coupons/1/status")).Headers.RetryAfter?.Delta is { } delta)
                after.Add(delta.TotalSeconds);
        }

        Assert.Equal([1, 2, 3], after.Order());
    }

    [Fact]
    public async Task Nobody_is_limited_unless_the_settings_say_so()
    {
        await using var service = CouponService.Start();

        for (var asked = 0; asked < 500; asked++)
            Then.Is(404, await service.When.Get("/coupons/1/status"));
    }

    public void Dispose()
    {
        _key.Dispose();
        _directory.Delete(recursive: true);
    }

    private static (string, string)[] Few => [("Limits:RequestsPerSecondPerCaller", "1"), ("Limits:BurstPerCaller", $"{Burst}")];

    private When As(CouponService service, string sub) => new(service.Address, ("Authorization", $"Bearer {new Token(_key) { Sub = sub }}"));

    private static When From(CouponService service, string forwardedFor) => new(service.Address, ("X-Forwarded-For", forwardedFor));

    private static async Task IsLimited(Func<Task<Answer>> ask)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10 * Burst).Select(_ => ask()));
        Assert.True(answers.Count(answer => answer.Status != 429) >= Burst);
        Then.IsProblem(429, "TOO_MANY_REQUESTS", answers.First(answer => answer.Status == 429));
    }

    // Who had one would get all of these answered.
    private static async Task HaveNoBurstLeft(Func<Task<Answer>> ask) =>
        Assert.Contains(await Task.WhenAll(Enumerable.Range(0, Burst).Select(_ => ask())), answer => answer.Status == 429);
}
