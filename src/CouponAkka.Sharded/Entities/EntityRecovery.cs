using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Writing;

namespace CouponAkka.Sharded.Entities;

/// <summary>
/// One entity as it comes out of its snapshot and the events after that, and what those tell of the writers before. Once recovered, its actor
/// takes over <see cref="Entity"/>.
/// </summary>
internal sealed class EntityRecovery(EntityKey key)
{
    private long _weightOfSnapshot;
    private int _replayed;

    public IEntity Entity { get; private set; } = key.Kind.New(key.Id);

    /// <summary>The number of the last event that was taken, or that could not be.</summary>
    public long Last { get; private set; }

    /// <summary>The last number at which a writer may have taken over.</summary>
    public long LastFence { get; private set; }

    /// <summary>The writer before has stopped answering: nobody is to be waited for.</summary>
    public bool IsHandedOver { get; private set; }

    public bool HadSnapshot { get; private set; }

    public RecoveredFrom From => new(Last, _weightOfSnapshot, _replayed);

    public void Take(Snapshot snapshot, long sequenceNumber)
    {
        Entity = key.Kind.From(key.Id, snapshot);
        _weightOfSnapshot = Entity.Weight;
        Last = sequenceNumber;
        // It may hide a fence.
        LastFence = sequenceNumber;
        HadSnapshot = true;
    }

    /// <exception cref="InvalidEventException">It can't follow what happened before it.</exception>
    public void Take(Event happened, long sequenceNumber)
    {
        RequireNext(sequenceNumber);
        // Who creates an entity is its writer too, and needs no fence.
        if (!Entity.Exists)
            LastFence = sequenceNumber;
        Entity.Evolve(happened);
        IsHandedOver = false;
    }

    /// <exception cref="InvalidEventException">The number before it is missing.</exception>
    public void Take(WriterFence fence, long sequenceNumber)
    {
        RequireNext(sequenceNumber);
        IsHandedOver = fence.IsHandedOver;
        if (!IsHandedOver)
            LastFence = sequenceNumber;
    }

    /// <summary>A writer of this process is known to have stopped after event <paramref name="last"/>.</summary>
    public void KnowStopped(long last) => IsHandedOver |= LastFence <= last && last <= Last;

    private void RequireNext(long sequenceNumber)
    {
        if (sequenceNumber != Last + 1)
            throw new InvalidEventException($"{key}: event {Last + 1} is missing from the journal.");
        Last = sequenceNumber;
        _replayed++;
    }
}
