using System.Diagnostics;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Api.Tests;

/// <summary>What happens to those who come while all places are taken.</summary>
public sealed class LoadSheddingTests
{
    [Fact]
    public async Task A_burst_beyond_the_limits_is_shed_before_anything_is_decided()
    {
        HeldCoupons? held = null;
        await using var service = CouponService.Start(
            [("Limits:ConcurrentRequests", "1"), ("Limits:QueuedRequests", "1")], coupons => held = new HeldCoupons(coupons));
        var when = service.When;
        var couponId = await service.Given.Coupon();
        const int Burst = 20;

        held!.Hold();
        var asked = Enumerable.Range(1, Burst).Select(user => when.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{user}}}""")).ToList();
        await Until(() => asked.Count(answer => answer.IsCompleted) == Burst - 2);
        var course = await when.Post("/v2/issue-async", $$"""{"userId":100,"couponId":{{couponId}}}""");
        var health = await when.Get("/health/ready");
        held.LetGo();
        var answers = await Task.WhenAll(asked);

        Assert.Equal("쿠폰 발급 요청에 실패했습니다.", Then.IsJson(200, course).GetProperty("comment").GetString());
        Then.Is(200, health);
        Assert.Equal(2, answers.Count(answer => answer.Status == 201));
        for (var user = 1; user <= Burst; user++)
        {
            var found = await when.Get($"/coupons/{couponId}/issues/{user}");
            if (answers[user - 1].Status == 201)
                Then.IsJson(200, found);
            else
                ThenShedAndNotIssued(answers[user - 1], found);
        }

        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", await when.Get($"/coupons/{couponId}/issues/100"));
    }

    [Fact]
    public async Task Every_path_sheds_load()
    {
        HeldCoupons? held = null;
        await using var service = CouponService.Start(
            [("Limits:ConcurrentRequests", "1"), ("Limits:QueuedRequests", "0")], coupons => held = new HeldCoupons(coupons));
        var when = service.When;

        held!.Hold();
        var first = when.Get("/coupons/1/status");
        await Until(() => held.Waiting == 1);

        Then.IsProblem(429, "TOO_MANY_REQUESTS", await when.Post("/coupons", Policy.With()));
        Then.IsProblem(429, "TOO_MANY_REQUESTS", await when.Put("/coupons/1", Policy.With()));
        Then.IsProblem(429, "TOO_MANY_REQUESTS", await when.Patch("/coupons/1", "{}"));
        foreach (var path in (string[])["/coupons", "/coupons/1", "/coupons/1/status", "/coupons/1/issues", "/coupons/1/issues/1", "/users/1/coupons"])
            Then.IsProblem(429, "TOO_MANY_REQUESTS", await when.Get(path));
        Then.IsProblem(429, "TOO_MANY_REQUESTS", await when.Post("/coupons/1/issues/1/use"));
        held.LetGo();
        Then.Is(404, await first);
    }

    [Theory]
    [InlineData("Content-Length: 13", "{\"userId\"", ": 7}")]
    [InlineData("Transfer-Encoding: chunked", "6\r\n{\"user", "\r\n6\r\nId\": 7\r\n1\r\n}\r\n0\r\n\r\n")]
    public async Task Whose_body_comes_slowly_takes_nobodys_place(string length, string begun, string rest)
    {
        await using var service = CouponService.Start([("Limits:ConcurrentRequests", "1"), ("Limits:QueuedRequests", "0")]);
        var couponId = await service.Given.Coupon();
        using var slow = await RawRequest.BeginAsync(
            service.Address, $"POST /coupons/{couponId}/issues HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n{length}\r\n\r\n");
        // The service has the request, and waits for its body.
        Assert.Equal("HTTP/1.1 100 Continue", await slow.ReadLineAsync());
        Assert.Equal("", await slow.ReadLineAsync());
        await slow.WriteAsync(begun);

        for (var user = 100; user < 110; user++)
            Then.Is(201, await service.When.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{user}}}"""));

        await slow.WriteAsync(rest);
        Assert.Equal("HTTP/1.1 201 Created", await slow.ReadLineAsync());
    }

    [Fact]
    public async Task Who_expects_to_be_told_whether_to_send_a_body_is_refused_before_it()
    {
        await using var service = CouponService.Start([("Admin:ApiKey", "secret")]);
        foreach (var (request, answer) in new[]
        {
            ("POST /coupons/1/issues HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 12", "HTTP/1.1 415 Unsupported Media Type"),
            ("POST /coupons/1/issues HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 16385", "HTTP/1.1 413 Payload Too Large"),
            ("POST /coupons HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 12", "HTTP/1.1 401 Unauthorized"),
        })
        {
            using var raw = await RawRequest.BeginAsync(service.Address, $"{request}\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
            Assert.Equal(answer, await raw.ReadLineAsync());
        }
    }

    private static void ThenShedAndNotIssued(Answer answer, Answer found)
    {
        Then.IsProblem(429, "TOO_MANY_REQUESTS", answer);
        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", found);
    }

    private static async Task Until(Func<bool> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "What the test waits for never came.");
            await Task.Delay(5);
        }
    }

    /// <summary>Lets questions through to the engine, or keeps them waiting while they are held.</summary>
    private sealed class HeldCoupons(IEntities engine) : IEntities
    {
        private volatile TaskCompletionSource? _gate;
        private int _waiting;

        public int Waiting => Volatile.Read(ref _waiting);

        public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void LetGo()
        {
            var gate = _gate!;
            _gate = null;
            gate.SetResult();
        }

        public async ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
        {
            if (_gate is { } gate)
            {
                Interlocked.Increment(ref _waiting);
                await gate.Task;
            }

            return await engine.AskAsync(kind, id, command);
        }
    }
}
