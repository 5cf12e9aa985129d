using System.Collections.Concurrent;

namespace CouponAkka.Engine.Payments;

/// <summary>Lets the same thing be logged once a minute: what fails for one order mostly fails for thousands. Any thread may use it.</summary>
public sealed class LogPace(TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _said = [];

    /// <summary>Whether it is to be said now.</summary>
    /// <param name="what">One of a few words, not a text that others write.</param>
    public bool Allows(string what)
    {
        var now = clock.GetTimestamp();
        if (_said.TryAdd(what, now))
            return true;
        var last = _said[what];
        return clock.GetElapsedTime(last, now) >= Pause && _said.TryUpdate(what, now, last);
    }
}
