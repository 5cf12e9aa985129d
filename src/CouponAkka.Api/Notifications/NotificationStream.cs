using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Api.Notifications;

/// <summary>
/// Notifications as server-sent events, without end: from the first, after that which <c>Last-Event-ID</c> or <c>after</c> names, or from the <c>last</c> so
/// many on. A stream lasts as long as its reader or the process, takes no place from those who want a coupon, and holds no more in memory than one page,
/// however slowly it is read.
/// </summary>
internal sealed class NotificationStream(INotifications notifications, NotificationFeed feed, TimeProvider time, IHostApplicationLifetime process)
{
    public const string Path = "/notifications/stream";
    public const int MaxStreams = 500;

    private const string LastEventId = "Last-Event-ID";
    private const string MediaType = "text/event-stream";
    private const int AtOnce = 100;

    // Shorter than the minute after which proxies take a silent connection for dead.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private int _streams;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, (Delegate)StreamAsync).Needs(Access.Reader).DisableRateLimiting()
        .Describe("StreamNotifications", "The same as server-sent events, with their numbers as ids, from the first or where one left off; it has no end.")
        .WithMetadata(new StreamQuery()).Produces<string>(200, MediaType).WithMetadata(new Example(200, () => Encoding.UTF8.GetString(
            EventOf(NotificationEndpoints.Example)))).Refuses(400, 429, 503);

    private static byte[] EventOf(NotificationJson notification) =>
        // JSON has no line breaks unless it is asked for them.
        Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"id: {notification.N}\ndata: {JsonSerializer.Serialize(notification, NotificationJsonContext.Default.NotificationJson)}\n\n"));

    private async Task StreamAsync(HttpContext context)
    {
        var after = await AfterAsync(context.Request, context.RequestAborted);
        if (Interlocked.Increment(ref _streams) > MaxStreams || process.ApplicationStopping.IsCancellationRequested)
        {
            Interlocked.Decrement(ref _streams);
            await Refusals.WriteAsync(context, Problem.For(StatusCodes.Status503ServiceUnavailable));
            return;
        }

        try
        {
            context.Response.ContentType = MediaType;
            // nginx would keep events back until its buffer is full.
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await SendAsync(context, after);
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task SendAsync(HttpContext context, long after)
    {
        using var following = feed.Follow();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, process.ApplicationStopping);
        var events = context.Response.BodyWriter;
        using var ending = end.Token.Register(events.CancelPendingFlush);
        events.Write("retry: 1000\n"u8);
        var next = NextAsync(after, end.Token);
        var beat = Task.CompletedTask;
        while (!end.IsCancellationRequested)
        {
            if (beat.IsCompleted)
            {
                events.Write(": still here\n\n"u8);
                beat = Task.Delay(Heartbeat, time, end.Token);
            }

            if (next.IsCompleted)
            {
                // Who reads comes back where it ended.
                if (await next is not { } notifications)
                    return;
                Write(events, notifications);
                next = NextAsync(notifications[^1].N, end.Token);
            }

            // Who does not read what we send would keep the process from ending.
            if ((await events.FlushAsync()).IsCanceled)
            {
                context.Abort();
                await end.CancelAsync();
            }

            await Task.WhenAny(next, beat);
        }
    }

    // Null when the stream is to end.
    private async Task<IReadOnlyList<Notification>?> NextAsync(long after, CancellationToken end)
    {
        try
        {
            return await feed.NextAsync(after, AtOnce, end);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return null;
        }
        catch (ReadModelUnavailableException)
        {
            return null;
        }
    }

    private static void Write(PipeWriter events, IReadOnlyList<Notification> notifications)
    {
        foreach (var notification in notifications)
            events.Write(EventOf(NotificationJson.From(notification)));
    }

    // Who comes back names what it heard last, whatever it asked for at first.
    private async ValueTask<long> AfterAsync(HttpRequest request, CancellationToken cancel)
    {
        const string expected = "must be the number of a notification";
        if (Number(LastEventId, request.Headers[LastEventId].ToString(), expected) is { } heard)
            return heard;
        if (Number("after", request.Query["after"].ToString(), expected) is { } after)
            return after;
        return Number("last", request.Query["last"].ToString(), StreamQuery.LastExpected) is { } last
            ? Math.Max(0, await notifications.LastAsync(cancel) - last)
            : 0;
    }

    private static long? Number(string name, string given, string expected) =>
        given.Length == 0 ? null
        : long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new InvalidRequestException(name, expected);
}
