using CouponAkka.Domain;

namespace CouponAkka.Engine.Projecting;

/// <summary>
/// One entity's part of a transaction: starts from what the read model holds, takes events in their order, and collects what they change. No I/O.
/// </summary>
public abstract class EntityProjection(EntityKey key, EntityProgress progress)
{
    private readonly EntityProgress _storedProgress = progress;

    public EntityKey Key => key;

    public EntityProgress Progress { get; private set; } = progress;

    public bool HasProgressed => Progress != _storedProgress;

    /// <summary>Applies the next event: all of it, or nothing if it throws.</summary>
    /// <param name="happened">Null for one that changes nothing.</param>
    /// <exception cref="InvalidEventException">It contradicts what was applied before.</exception>
    public void Apply(long sequenceNumber, Event? happened)
    {
        if (sequenceNumber != Progress.SequenceNumber + 1)
            throw Contradiction($"has event {sequenceNumber} after event {Progress.SequenceNumber}");
        if (happened is not null)
            Apply(happened);
        Progress = new(sequenceNumber, null);
    }

    public void Park(string because) => Progress = Progress with { ParkedBecause = because };

    /// <inheritdoc cref="Apply(long, Event?)"/>
    protected abstract void Apply(Event happened);

    /// <summary>That the entity has, is or does what it can't.</summary>
    protected InvalidEventException Contradiction(string what) => new($"{char.ToUpperInvariant(key.Kind.Name[0])}{key.Kind.Name[1..]} {key.Id} {what}.");
}

/// <summary>The number of the last event applied, and why no further, where the next one can't be.</summary>
public readonly record struct EntityProgress(long SequenceNumber, string? ParkedBecause);
