using CouponAkka.Domain;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// What an event of one entity asks of another. Pure. It is delivered at least once and, of one source, in the order of its events; who receives it takes
/// effect of it once (<see cref="Watermarks"/>). An event asks at most one thing of one entity.
/// </summary>
/// <param name="Source">The name of the kind whose events it looks at.</param>
/// <param name="Manifest">Which of its events: the name under which they are stored, so that others need not be read.</param>
/// <param name="On">What the event asks, if anything.</param>
public sealed record Reaction(string Source, string Manifest, Func<Cause, Event, Terms, Ask?> On)
{
    public static Reaction To<TEvent>(string source, string manifest, Func<Cause, TEvent, Terms, Ask?> on)
        where TEvent : Event => new(source, manifest, (cause, happened, terms) => on(cause, (TEvent)happened, terms));
}
