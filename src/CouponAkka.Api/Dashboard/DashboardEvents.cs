using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Api.Dashboard;

/// <summary>
/// <c>GET /events?coupons=1,2,3</c>: how these coupons stand and whether the process is well, as server-sent events, each when it has changed. It is the
/// dashboard's own and no part of the contract. A stream lasts as long as its reader or the process; it takes no place from those who want a coupon.
/// </summary>
internal sealed class DashboardEvents(CouponWatch watch, TimeProvider time, IHostApplicationLifetime process)
{
    public const string Path = "/events";
    public const int MaxStreams = 100;
    public const int MaxCoupons = 50;

    // Shorter than the minute after which proxies take a silent connection for dead.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private int _streams;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, StreamAsync).ExcludeFromDescription();

    private async Task StreamAsync(HttpContext context)
    {
        var couponIds = Parse(context.Request.Query["coupons"].ToString());
        if (Interlocked.Increment(ref _streams) > MaxStreams || process.ApplicationStopping.IsCancellationRequested)
        {
            Interlocked.Decrement(ref _streams);
            await Refusals.WriteAsync(context, Problem.For(StatusCodes.Status503ServiceUnavailable));
            return;
        }

        try
        {
            context.Response.ContentType = "text/event-stream";
            // nginx would keep events back until its buffer is full.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await SendAsync(context, couponIds);
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task SendAsync(HttpContext context, IReadOnlyCollection<long> couponIds)
    {
        using var watcher = watch.Watch(couponIds);
        var events = context.Response.BodyWriter;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void End()
        {
            ended.TrySetResult();
            events.CancelPendingFlush();
        }

        using var gone = context.RequestAborted.Register(End);
        using var stopping = process.ApplicationStopping.Register(End);
        var sent = new Sent();
        events.Write("retry: 1000\n"u8);
        WriteHeartbeat(events);
        var beat = time.GetTimestamp();
        for (var look = watcher.Latest; ;)
        {
            sent.WriteChanges(events, look, couponIds);
            if (time.GetElapsedTime(beat) >= Heartbeat)
            {
                WriteHeartbeat(events);
                beat = time.GetTimestamp();
            }

            // Who does not read what we send would keep the process from ending.
            if ((await events.FlushAsync()).IsCanceled)
            {
                context.Abort();
                return;
            }

            if (await Task.WhenAny(look.Next, ended.Task) == ended.Task)
                return;
            look = await look.Next;
        }
    }

    // A comment keeps the connection alive; the page sees events only, and learns from this one that it still is, and what the time is here.
    private void WriteHeartbeat(PipeWriter events)
    {
        events.Write(": still here\n"u8);
        Write(events, "clock", new ClockJson(Timestamp.From(time.GetUtcNow())), DashboardJson.Default.ClockJson);
    }

    private static void Write<T>(PipeWriter events, string name, T data, JsonTypeInfo<T> typeInfo) =>
        // JSON has no line breaks unless it is asked for them.
        events.Write(Encoding.UTF8.GetBytes($"event: {name}\ndata: {JsonSerializer.Serialize(data, typeInfo)}\n\n"));

    private static HashSet<long> Parse(string couponIds)
    {
        var ids = couponIds.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0).ToHashSet();
        return ids.Count <= MaxCoupons && ids.All(EntityId.IsValid)
            ? ids
            : throw new InvalidRequestException("coupons", $"must be at most {MaxCoupons} ids of coupons, with commas between them");
    }

    /// <summary>What one stream was told, so that it is told only what is new.</summary>
    private sealed class Sent
    {
        private readonly Dictionary<long, Reply> _coupons = [];
        private string? _health;

        public void WriteChanges(PipeWriter events, Look look, IReadOnlyCollection<long> couponIds)
        {
            if (look.Health is { } report && HealthJson.From(report) is var health
                && JsonSerializer.Serialize(health, HostingJson.Default.HealthJson) is var said && said != _health)
            {
                _health = said;
                Write(events, "health", health, HostingJson.Default.HealthJson);
            }

            foreach (var couponId in couponIds)
            {
                if (!look.Coupons.TryGetValue(couponId, out var reply) || reply.Equals(_coupons.GetValueOrDefault(couponId)))
                    continue;
                _coupons[couponId] = reply;
                if (reply is StatusIs status)
                    Write(events, "status", CouponStatusJson.From(status.Status), CouponJsonContext.Default.CouponStatusJson);
                else if (reply is Refused refused)
                    Write(events, "refusal", new RefusalJson(couponId, RefusalCode.Of(refused.Reason)), DashboardJson.Default.RefusalJson);
            }
        }
    }
}

/// <summary>What time the server has.</summary>
internal sealed record ClockJson(Timestamp Now);

/// <summary>Why a coupon's status can't be told.</summary>
internal sealed record RefusalJson(long CouponId, string Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(ClockJson))]
[JsonSerializable(typeof(RefusalJson))]
internal sealed partial class DashboardJson : JsonSerializerContext;
