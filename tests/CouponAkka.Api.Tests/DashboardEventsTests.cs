using System.Collections.Concurrent;
using System.Diagnostics;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace CouponAkka.Api.Tests;

/// <summary>The stream that the dashboard hears: its own, and no part of the contract.</summary>
public sealed class DashboardEventsTests
{
    [Fact]
    public async Task A_stream_tells_health_and_status_and_what_changes()
    {
        await using var service = CouponService.Start();
        var couponId = await service.Given.Coupon(("totalQuantity", "2"));
        using var stream = await EventStream.OpenAsync(service.Address, $"{couponId},{couponId + 1}");

        Assert.Equal("text/event-stream", stream.ContentType);
        await stream.UntilAsync("event: clock");
        await stream.UntilAsync("\"status\":\"Healthy\"");
        await stream.UntilAsync($"{{\"couponId\":{couponId},\"state\":\"OPEN\",\"issuedQuantity\":0,\"totalQuantity\":2,\"remaining\":2}}");
        await stream.UntilAsync($"{{\"couponId\":{couponId + 1},\"code\":\"COUPON_NOT_EXIST\"}}");
        await service.Given.Issue(couponId, 1);
        await stream.UntilAsync("\"issuedQuantity\":1");
        await service.Given.Issue(couponId, 2);
        await stream.UntilAsync("\"state\":\"SOLD_OUT\"");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("one")]
    [InlineData("9007199254740992")]
    [InlineData("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51")]
    public async Task What_is_no_list_of_ids_is_refused(string coupons)
    {
        await using var service = CouponService.Start();

        Then.IsInvalid(await service.When.Get($"/events?coupons={coupons}"), "coupons");
    }

    [Fact]
    public async Task A_coupon_is_asked_once_however_many_listen_and_not_again_before_it_has_answered_nor_when_nobody_does()
    {
        CountedCoupons? counted = null;
        var clock = new HastyClock();
        await using var service = CouponService.Start(wrapCoupons: coupons => counted = new CountedCoupons(coupons), configure: services => services.AddSingleton<TimeProvider>(clock));
        var silent = await service.Given.Coupon();
        var other = await service.Given.Coupon();
        counted!.Silent = silent;

        var streams = new List<EventStream>();
        for (var i = 0; i < 5; i++)
            streams.Add(await EventStream.OpenAsync(service.Address, $"{silent},{other}"));
        // The one that does not answer holds nobody up.
        foreach (var stream in streams)
            await stream.UntilAsync($"\"couponId\":{other}");
        var asked = counted.Asked(other);
        await Until(() => counted.Asked(other) >= asked + 5);
        Assert.Equal(1, counted.Asked(silent));

        foreach (var stream in streams)
            stream.Dispose();
        // Whatever was on its way, it ends: ten times as long as a period without a question.
        await Until(async () =>
        {
            var before = counted.Asked(other);
            await clock.Delay(TimeSpan.FromSeconds(10));
            return counted.Asked(other) == before;
        });
    }

    [Fact]
    public async Task A_silent_stream_is_kept_alive_by_comments()
    {
        var clock = new HastyClock();
        await using var service = CouponService.Start(configure: services => services.AddSingleton<TimeProvider>(clock));
        using var stream = await EventStream.OpenAsync(service.Address, "");

        for (var beat = 0; beat < 3; beat++)
            await stream.UntilAsync(": still here");
    }

    [Fact]
    public async Task Streams_are_limited_and_a_place_comes_back_when_one_ends()
    {
        await using var service = CouponService.Start();
        var streams = new List<EventStream>();
        for (var i = 0; i < 100; i++)
            streams.Add(await EventStream.OpenAsync(service.Address, ""));

        Then.IsProblem(503, "UNAVAILABLE", await service.When.Get("/events"));
        streams[0].Dispose();
        await Until(async () =>
        {
            using var another = await EventStream.OpenAsync(service.Address, "");
            return another.Status == 200;
        });
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Streams_take_no_place_from_those_who_want_a_coupon()
    {
        await using var service = CouponService.Start([("Limits:ConcurrentRequests", "1"), ("Limits:QueuedRequests", "0")]);
        var couponId = await service.Given.Coupon();
        using var one = await EventStream.OpenAsync(service.Address, $"{couponId}");
        using var two = await EventStream.OpenAsync(service.Address, $"{couponId}");
        await one.UntilAsync("event: status");
        await two.UntilAsync("event: status");

        Then.Is(201, await service.When.Post($"/coupons/{couponId}/issues", """{"userId":1}"""));
    }

    [Fact]
    public async Task They_are_no_part_of_the_contract()
    {
        await using var service = CouponService.Start();

        Assert.DoesNotContain("/events", (await service.When.Get("/openapi/v1.json")).Body, StringComparison.Ordinal);
    }

    private static Task Until(Func<bool> holds) => Until(() => Task.FromResult(holds()));

    private static async Task Until(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30), "What the test waits for never came.");
            await Task.Delay(5);
        }
    }

    /// <summary>One who listens.</summary>
    private sealed class EventStream(HttpClient http, HttpResponseMessage answer, StreamReader lines) : IDisposable
    {
        public int Status => (int)answer.StatusCode;

        public string? ContentType => answer.Content.Headers.ContentType?.MediaType;

        public static async Task<EventStream> OpenAsync(Uri address, string coupons)
        {
            var http = new HttpClient();
            var answer = await http.GetAsync(new Uri(address, $"/events?coupons={coupons}"), HttpCompletionOption.ResponseHeadersRead);
            return new(http, answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
        }

        /// <summary>Reads up to a line that holds this.</summary>
        public async Task UntilAsync(string expected)
        {
            using var passed = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await lines.ReadLineAsync(passed.Token) is { } line)
            {
                if (line.Contains(expected, StringComparison.Ordinal))
                    return;
            }

            Assert.Fail($"The stream ended before it told: {expected}");
        }

        public void Dispose()
        {
            lines.Dispose();
            answer.Dispose();
            http.Dispose();
        }
    }

    /// <summary>Counts the questions, and lets one coupon be silent.</summary>
    private sealed class CountedCoupons(IEntities coupons) : IEntities
    {
        private readonly ConcurrentDictionary<long, int> _asked = new();

        public long? Silent { get; set; }

        public int Asked(long couponId) => _asked.GetValueOrDefault(couponId);

        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
        {
            if (command is not GetStatus)
                return coupons.AskAsync(kind, id, command);
            _asked.AddOrUpdate(id, 1, (_, count) => count + 1);
            return id == Silent ? new(new TaskCompletionSource<Reply>().Task) : coupons.AskAsync(kind, id, command);
        }
    }

    /// <summary>Its timers and its stopwatch run fifty times as fast.</summary>
    private sealed class HastyClock : TimeProvider
    {
        private const int Haste = 50;

        public override long TimestampFrequency => base.TimestampFrequency / Haste;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / Haste : dueTime, period > TimeSpan.Zero ? period / Haste : period);

        public Task Delay(TimeSpan delay) => Task.Delay(delay, this);
    }
}
