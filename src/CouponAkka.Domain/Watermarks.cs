namespace CouponAkka.Domain;

/// <summary>
/// Which events of others an entity has taken: one number for each source, since a source's events are delivered in order. What has been taken is ignored
/// when it comes again, so each takes effect exactly once. Part of an entity's state: not thread-safe.
/// </summary>
public sealed class Watermarks
{
    private readonly Dictionary<(string Kind, long Id), long> _taken = [];

    public Watermarks()
    {
    }

    /// <param name="taken">The last event taken of each source.</param>
    /// <exception cref="InvalidEventException">A source is there twice, or its number is not positive.</exception>
    public Watermarks(IEnumerable<Cause> taken)
    {
        foreach (var cause in taken)
        {
            if (cause.Number < 1 || !_taken.TryAdd((cause.Kind, cause.Id), cause.Number))
                throw new InvalidEventException($"Event {cause.Number} of {cause.Kind} {cause.Id} can't be the last one taken.");
        }
    }

    /// <summary>How many sources there are.</summary>
    public int Count => _taken.Count;

    /// <summary>Whether the event has been taken before, or one that came after it.</summary>
    public bool Has(Cause cause) => _taken.GetValueOrDefault((cause.Kind, cause.Id)) >= cause.Number;

    /// <exception cref="InvalidEventException">It has been taken before.</exception>
    public void Take(Cause cause)
    {
        if (cause.Number < 1 || Has(cause))
            throw new InvalidEventException($"Event {cause.Number} of {cause.Kind} {cause.Id} is taken a second time.");
        _taken[(cause.Kind, cause.Id)] = cause.Number;
    }

    /// <summary>The last event taken of each source, in the order of kinds and ids.</summary>
    public Cause[] ToArray() =>
    [
        .. _taken.Select(taken => new Cause(taken.Key.Kind, taken.Key.Id, taken.Value))
            .OrderBy(cause => cause.Kind, StringComparer.Ordinal).ThenBy(cause => cause.Id),
    ];
}
