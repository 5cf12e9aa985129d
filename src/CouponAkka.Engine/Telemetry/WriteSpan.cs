using System.Diagnostics;

namespace CouponAkka.Engine.Telemetry;

/// <summary>The span of an entity's write to the journal, of which there is one at a time. Not thread-safe.</summary>
public sealed class WriteSpan(EntityKey key)
{
    private Activity? _span;

    /// <param name="requests">The traces of those who wait for it.</param>
    /// <returns>Its trace, for the events that are written; null if nobody's is recorded.</returns>
    public string? Begin(IReadOnlyList<string> requests)
    {
        _span = requests.Count == 0 ? null : CouponTraces.BeginWrite(key, requests);
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
