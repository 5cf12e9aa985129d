using CouponAkka.Domain;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// What an event of one entity asks of another. Pure. It is delivered at least once and, of one source, in the order of its events; who receives it takes
/// effect of it once (<see cref="Watermarks"/>). An event asks at most one thing of one entity. What several events ask of different entities, those may hear
/// in any order.
/// </summary>
/// <param name="Source">The name of the kind whose events it looks at.</param>
/// <param name="Manifest">Which of its events: the name under which they are stored, so that others need not be read.</param>
/// <param name="On">What the event asks.</param>
public sealed record Reaction(string Source, string Manifest, Func<Cause, Event, Terms, IEnumerable<Ask>> On)
{
    /// <summary>An event that asks at most one thing.</summary>
    public static Reaction To<TEvent>(string source, string manifest, Func<Cause, TEvent, Terms, Ask?> on)
        where TEvent : Event => new(source, manifest, (cause, happened, terms) => on(cause, (TEvent)happened, terms) is { } ask ? [ask] : []);

    /// <summary>An event that may ask something of many.</summary>
    public static Reaction ToMany<TEvent>(string source, string manifest, Func<Cause, TEvent, Terms, IEnumerable<Ask>> on)
        where TEvent : Event => new(source, manifest, (cause, happened, terms) => on(cause, (TEvent)happened, terms));
}
