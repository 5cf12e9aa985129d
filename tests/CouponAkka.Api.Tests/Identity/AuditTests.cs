using System.Collections.Concurrent;
using System.Diagnostics;
using CouponAkka.Api.Tests.GivenWhenThen;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>What the log says of admin calls: who, from where, what, with which outcome, and under which trace id; no secret.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly AuditLines _audit = new();
    private int _said;
    private readonly IssuerKey _key = IssuerKey.Ec("ec-1");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-keys-");

    [Fact]
    public async Task Each_admin_call_is_one_line()
    {
        await using var service = Start(("Admin:ApiKey", "the-new-key"), ("Admin:SecondApiKey", "the-old-key"));
        using var admin = new When(service.Address, ("X-Api-Key", "the-new-key"));
        using var notYet = new When(service.Address, ("X-Api-Key", "the-old-key"));
        using var wrong = new When(service.Address, ("X-Api-Key", "the-wrong-key"));

        await Says("Information", "Admin:ApiKey from 127.0.0.1: PUT /coupons/1 was answered 201 OK", null, admin.Put("/coupons/1", Policy.With()));
        await Says("Information", "Admin:SecondApiKey from 127.0.0.1: PATCH /coupons/1 was answered 200 OK", null, notYet.Patch("/coupons/1", "{}"));
        await Says("Warning", "a wrong key from 127.0.0.1: PATCH /coupons/1 was refused with 403 FORBIDDEN", 403, wrong.Patch("/coupons/1", "{}"));
        await Says("Warning", "nobody from 127.0.0.1: POST /coupons was refused with 401 UNAUTHENTICATED", 401, service.When.Post("/coupons", Policy.With()));
        await Says("Warning", "Admin:ApiKey from 127.0.0.1: PATCH /coupons/2 was refused with 404 COUPON_NOT_EXIST", 404, admin.Patch("/coupons/2", "{}"));
        await Says("Warning", "Admin:ApiKey from 127.0.0.1: PUT /coupons/1 was refused with 409 COUPON_ALREADY_EXIST", 409, admin.Put("/coupons/1", Policy.With(("title", "\"x\""))));
        await Says("Warning", "Admin:ApiKey from 127.0.0.1: PUT /coupons/1 was refused with 400 VALIDATION_FAILED", 400, admin.Put("/coupons/1", "{}"));
        await Says("Warning", "Admin:ApiKey from 127.0.0.1: PUT /coupons/1 was refused with 415 UNSUPPORTED_MEDIA_TYPE", 415, admin.Put("/coupons/1", "{}", "text/plain"));

        await service.When.Get("/coupons");
        await service.When.Post("/coupons/1/issues", """{"userId":7}""");
        Then.Is(200, await admin.Patch("/coupons/1", "{}"));
        await Lines(9);
        Assert.DoesNotContain(_audit.Lines, line => line.Contains("-key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_path_can_not_write_a_line_of_its_own()
    {
        await using var service = Start(("Admin:ApiKey", "open-sesame"));

        await Says("Warning", "nobody from 127.0.0.1: PATCH /coupons/1%0Aforged was refused with 401 UNAUTHENTICATED", 401, service.When.Patch("/coupons/1%0Aforged", "{}"));
    }

    [Fact]
    public async Task Without_a_key_it_is_this_machine()
    {
        await using var service = Start();

        await Says("Information", "this machine from 127.0.0.1: PUT /coupons/1 was answered 201 OK", null, service.When.Put("/coupons/1", Policy.With()));
        await Says(
            "Warning", "nobody from 127.0.0.1: PUT /coupons/1 was refused with 403 FORBIDDEN", 403,
            service.When.Send(HttpMethod.Put, "/coupons/1", When.Content(Policy.With()), ("Via", "1.1 proxy")));
    }

    [Fact]
    public async Task With_a_token_it_is_its_sub()
    {
        var keys = Path.Combine(_directory.FullName, "keys.json");
        await File.WriteAllTextAsync(keys, IssuerKey.Set(_key));
        await using var service = Start(("Auth:SigningKeys", keys), ("Auth:Audience", Token.Audience));
        var token = new Token(_key) { Sub = "\"ops\\nforged\"", Scope = "coupons:admin" };
        using var admin = new When(service.Address, ("Authorization", $"Bearer {token}"));
        using var user = new When(service.Address, ("Authorization", $"Bearer {new Token(_key)}"));
        using var late = new When(service.Address, ("Authorization", $"Bearer {token with { ExpiresIn = TimeSpan.FromHours(-1), ValidIn = TimeSpan.FromHours(-2) }}"));

        await Says("Information", "sub ops%0Aforged from 127.0.0.1: PUT /coupons/1 was answered 201 OK", null, admin.Put("/coupons/1", Policy.With()));
        await Says("Warning", "sub 7 from 127.0.0.1: PUT /coupons/1 was refused with 403 FORBIDDEN", 403, user.Put("/coupons/1", Policy.With()));
        await Says("Warning", "nobody from 127.0.0.1: PUT /coupons/1 was refused with 401 UNAUTHENTICATED", 401, late.Put("/coupons/1", Policy.With()));
    }

    [Fact]
    public async Task A_call_that_is_shed_is_a_line_too()
    {
        await using var service = Start(("Limits:RequestsPerSecondPerCaller", "1"));

        await Until(async () => (await service.When.Patch("/coupons/1", "{}")).Status == 429);

        await Until(() => Task.FromResult(_audit.Lines.Any(
            line => line.StartsWith("Warning: this machine from 127.0.0.1: PATCH /coupons/1 was refused with 429 TOO_MANY_REQUESTS", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Who_is_refused_too_often_hears_429_is_not_looked_at_and_can_not_fill_the_log()
    {
        await using var service = Start(("Admin:ApiKey", "open-sesame"), ("Limits:RefusedAdminCallsPerSecond", "3"));
        using var wrong = new When(service.Address, ("X-Api-Key", "wrong"));
        using var admin = new When(service.Address, ("X-Api-Key", "open-sesame"));

        await Until(async () => (await wrong.Patch("/coupons/1", "{}")).Status == 429);
        await Until(async () =>
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => wrong.Patch("/coupons/1", "{}")));
            Then.IsProblem(429, "TOO_MANY_REQUESTS", answers.First(answer => answer.Status == 429));
            return (await admin.Put("/coupons/1", Policy.With())).Status == 429;
        });
        // Nor is it let through for good.
        await Until(async () => (await admin.Put("/coupons/1", Policy.With())).Status is 200 or 201);
        Then.Is(200, await service.When.Get("/coupons"));
        await Until(() => Task.FromResult(_audit.Lines.Any(line => line.Contains("admin calls were refused with 429", StringComparison.Ordinal))));
        Assert.True(_audit.Lines.Count < 90, string.Join('\n', _audit.Lines));
    }

    public void Dispose()
    {
        _key.Dispose();
        _directory.Delete(recursive: true);
    }

    private CouponService Start(params (string, string)[] settings) =>
        CouponService.Start(settings, configure: services => services.AddSingleton<ILoggerProvider>(_audit));

    // Each call of a test is one line more.
    private async Task Says(string level, string expected, int? refusedWith, Task<Answer> asked)
    {
        var answer = await asked;
        await Lines(++_said);
        var line = _audit.Lines.Last();
        Assert.StartsWith($"{level}: {expected} (", line, StringComparison.Ordinal);
        if (refusedWith is not null)
            Assert.EndsWith($"({Then.Is(refusedWith.Value, answer).Json.GetProperty("traceId").GetString()}).", line, StringComparison.Ordinal);
    }

    // A line is written after the answer is out.
    private async Task Lines(int count)
    {
        await Until(() => Task.FromResult(_audit.Lines.Count >= count));
        Assert.Equal(count, _audit.Lines.Count);
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "What the test waits for never came.");
            await Task.Delay(5);
        }
    }

    /// <summary>The lines of the audit's category.</summary>
    private sealed class AuditLines : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public ConcurrentQueue<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => new Logger(categoryName == "CouponAkka.Audit" ? _lines : null);

        public void Dispose()
        {
        }

        private sealed class Logger(ConcurrentQueue<string>? lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => lines is not null;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines?.Enqueue($"{logLevel}: {formatter(state, exception)}");
        }
    }
}
