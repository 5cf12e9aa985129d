using CouponAkka.Domain;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// Somebody who is no entity and is told of the events of a kind, as <see cref="ReactionRunner"/> delivers them: each at least once, and of one entity in their
/// order, but also those that are long past, after a start. May be told by many threads at a time.
/// </summary>
public interface IEventSubscriber
{
    /// <summary>The name of the kind.</summary>
    string Source { get; }

    /// <summary>Returns at once: what the same event asks of entities waits for it.</summary>
    void Take(long id, Event happened);
}
