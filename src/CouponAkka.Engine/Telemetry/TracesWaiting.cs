namespace CouponAkka.Engine.Telemetry;

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
