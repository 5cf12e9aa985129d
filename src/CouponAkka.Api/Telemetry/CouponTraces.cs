using System.Diagnostics;

namespace CouponAkka.Api.Telemetry;

/// <summary>
/// The spans of the engines, which tell where a traced request spent its time: the write to the journal that it waited for, and the
/// transaction that brought it to the read model. Both continue the request's own trace, across processes by W3C <c>traceparent</c>.
/// It costs next to nothing while nobody listens.
/// </summary>
public static class CouponTraces
{
    public const string Name = "CouponAkka";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>The trace of the request that is being served, or null if it is not recorded.</summary>
    public static string? OfThisRequest => Source.HasListeners() && Activity.Current is { Recorded: true } request ? request.Id : null;

    /// <summary>A transaction that began then has brought an event to the read model.</summary>
    /// <param name="write">The trace of the event's write to the journal.</param>
    public static void Projected(string write, long couponId, DateTimeOffset began)
    {
        if (!Source.HasListeners() || !ActivityContext.TryParse(write, null, isRemote: true, out var parent))
            return;
        using var span = Source.StartActivity("read model write", ActivityKind.Consumer, parent, CouponTag(couponId), startTime: began);
    }

    /// <summary>Begins a write for which the requests of these traces wait; a child of the first and linked to the others.</summary>
    internal static Activity? BeginWrite(long couponId, IReadOnlyList<string> requests)
    {
        var contexts = new List<ActivityContext>();
        foreach (var request in requests)
        {
            if (ActivityContext.TryParse(request, null, isRemote: true, out var context))
                contexts.Add(context);
        }

        if (contexts.Count == 0)
            return null;
        // What this thread does next does not belong to it.
        var current = Activity.Current;
        var span = Source.StartActivity(
            "journal write", ActivityKind.Internal, contexts[0], CouponTag(couponId), contexts.Skip(1).Select(context => new ActivityLink(context)));
        Activity.Current = current;
        return span;
    }

    private static KeyValuePair<string, object?>[] CouponTag(long couponId) => [new("couponakka.coupon.id", couponId)];
}

/// <summary>The traces of requests that wait for what a coupon does next. Not thread-safe.</summary>
public sealed class TracesWaiting
{
    // More tell nothing new, and each takes 55 bytes on the wire.
    private const int Most = 16;

    private List<string>? _requests;

    public void Add(string? request)
    {
        if (request is not null && (_requests ??= []).Count < Most)
            _requests.Add(request);
    }

    public void Add(IReadOnlyList<string> requests)
    {
        for (var i = 0; i < requests.Count; i++)
            Add(requests[i]);
    }

    /// <summary>Those that have gathered; the next begin anew.</summary>
    public IReadOnlyList<string> Take()
    {
        IReadOnlyList<string>? taken = _requests;
        _requests = null;
        return taken ?? [];
    }
}

/// <summary>The span of a coupon's write to the journal, of which there is one at a time. Not thread-safe.</summary>
public sealed class WriteSpan(long couponId)
{
    private Activity? _span;

    /// <param name="requests">The traces of those who wait for it.</param>
    /// <returns>Its trace, for the events that are written; null if nobody's is recorded.</returns>
    public string? Begin(IReadOnlyList<string> requests)
    {
        _span = requests.Count == 0 ? null : CouponTraces.BeginWrite(couponId, requests);
        return _span?.Id;
    }

    public void End(bool durable)
    {
        if (!durable)
            _span?.SetStatus(ActivityStatusCode.Error, "It failed or took too long, so whether it is durable is unknown.");
        _span?.Stop();
        _span = null;
    }
}
