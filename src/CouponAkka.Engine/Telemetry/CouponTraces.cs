using System.Diagnostics;
using CouponAkka.Engine.Coupons;

namespace CouponAkka.Engine.Telemetry;

/// <summary>
/// The spans of the engines, which tell where a traced request spent its time: the write to the journal of what was decided for it, and the
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
    public static void Projected(string write, long couponId, DateTimeOffset began) => Projected(write, new EntityKey(CouponKind.Instance, couponId), began);

    /// <inheritdoc cref="Projected(string, long, DateTimeOffset)"/>
    public static void Projected(string write, EntityKey entity, DateTimeOffset began)
    {
        if (!Source.HasListeners() || !ActivityContext.TryParse(write, null, isRemote: true, out var parent))
            return;
        var tags = TagOf(entity);
        using var span = Source.StartActivity("read model write", ActivityKind.Consumer, parent, tags, startTime: began);
    }

    /// <summary>Begins a write for which the requests of these traces wait; a child of the first and linked to the others.</summary>
    internal static Activity? BeginWrite(EntityKey key, IReadOnlyList<string> requests)
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
            "journal write", ActivityKind.Internal, contexts[0], TagOf(key), contexts.Skip(1).Select(context => new ActivityLink(context)));
        Activity.Current = current;
        return span;
    }

    private static KeyValuePair<string, object?>[] TagOf(EntityKey key) => [new($"couponakka.{key.Kind.Name}.id", key.Id)];
}
