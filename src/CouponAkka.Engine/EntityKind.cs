using CouponAkka.Domain;

namespace CouponAkka.Engine;

/// <summary>
/// A kind of entity: all that an engine needs to hold, write and recover entities of it. Each kind has one instance, registered in
/// <see cref="EntityKinds"/>. The sharded engine holds coupons only (docs/adr/0023-kinds-of-entities.md).
/// </summary>
public abstract class EntityKind
{
    /// <summary>Stands in each row of the standalone journal: never changes, and is never given to another kind.</summary>
    public abstract int Number { get; }

    /// <summary>Singular and lower case: in names of files and in log lines. Never changes.</summary>
    public abstract string Name { get; }

    /// <summary>What is answered where a write may or may not have landed.</summary>
    public abstract Reply OutcomeUnknown { get; }

    /// <summary>What is answered where nothing was decided.</summary>
    public abstract Reply Unavailable { get; }

    /// <summary>One to which nothing has happened.</summary>
    public abstract IEntity New(long id);

    /// <summary>One as it was when <paramref name="snapshot"/> was taken.</summary>
    /// <exception cref="InvalidEventException">The snapshot contradicts itself: it is damaged.</exception>
    public abstract IEntity From(Snapshot snapshot);

    /// <summary>The same facts in fewer events, where the kind has such: a group of them is then one row of the journal.</summary>
    public virtual IReadOnlyList<Event> Coalesce(IReadOnlyList<Event> events) => events;

    /// <summary>The name under which an event is stored: two letters that never change, and of this kind alone.</summary>
    public abstract string ManifestOf(Event happened);

    /// <param name="traceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
    /// <exception cref="InvalidDataException">The event can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public abstract byte[] Encode(Event happened, string? traceParent);

    /// <summary>The event that <see cref="Encode"/> was given.</summary>
    /// <param name="traceParent">The trace of its write, or null.</param>
    /// <exception cref="Contracts.UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what an event can't be.</exception>
    public abstract Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent);

    public abstract byte[] EncodeSnapshot(Snapshot snapshot);

    /// <summary>The snapshot that <see cref="EncodeSnapshot"/> was given.</summary>
    /// <exception cref="Contracts.UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public abstract Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload);
}

/// <summary>Which entity: there may be one of each kind with the same id.</summary>
public readonly record struct EntityKey(EntityKind Kind, long Id)
{
    /// <summary>As it stands in log lines: <c>coupon 7</c>.</summary>
    public override string ToString() => $"{Kind.Name} {Id}";
}
