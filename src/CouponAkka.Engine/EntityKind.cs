using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Engine;

/// <summary>
/// A kind of entity: all that an engine needs to hold, write, recover and list entities of it. Each kind has one instance, registered in
/// <see cref="EntityKinds"/> (docs/adr/0023-kinds-of-entities.md).
/// </summary>
public abstract class EntityKind
{
    private readonly Lazy<bool> _hasView;

    protected EntityKind() => _hasView = new(() => ViewOf(1, before: null) is not null);

    /// <summary>
    /// Stands in each row of the standalone journal, and in each row of the cluster's as part of the serializer's id: never changes, and is never given
    /// to another kind.
    /// </summary>
    public abstract int Number { get; }

    /// <summary>
    /// Singular and lower case, letters alone: in persistence ids, names of files and of shard regions, metrics and log lines. Never changes.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>What all its events are.</summary>
    public abstract Type EventType { get; }

    /// <summary>What its snapshots are.</summary>
    public abstract Type SnapshotType { get; }

    /// <summary>What is answered where a write may or may not have landed.</summary>
    public abstract Reply OutcomeUnknown { get; }

    /// <summary>What is answered where nothing was decided.</summary>
    public abstract Reply Unavailable { get; }

    /// <summary>
    /// What is answered to <paramref name="command"/> where its answer is lost: a kind's questions decide nothing, so they are no more than unavailable.
    /// </summary>
    public virtual Reply Lost(Command command) => OutcomeUnknown;

    /// <summary>One to which nothing has happened.</summary>
    public abstract IEntity New(long id);

    /// <summary>One as it was when <paramref name="snapshot"/> was taken. Whatever id that has, the entity has <paramref name="id"/>.</summary>
    /// <exception cref="InvalidEventException">The snapshot contradicts itself: it is damaged.</exception>
    public abstract IEntity From(long id, Snapshot snapshot);

    /// <summary>The same facts in fewer events, where the kind has such: a group of them, of one at least, is then one row of the journal.</summary>
    public virtual IReadOnlyList<Event> Coalesce(IReadOnlyList<Event> events) => events;

    /// <summary>The name under which an event is stored: two letters that never change, and of this kind alone.</summary>
    public abstract string ManifestOf(Event happened);

    /// <param name="traceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
    /// <exception cref="InvalidDataException">The event can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public abstract byte[] Encode(Event happened, string? traceParent);

    /// <summary>The event that <see cref="Encode"/> was given.</summary>
    /// <param name="traceParent">The trace of its write, or null.</param>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what an event can't be.</exception>
    public abstract Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent);

    /// <summary>The event with its trace, for a journal that finds serializers by type.</summary>
    public abstract TracedEvent Traced(Event happened, string traceParent);

    public abstract byte[] EncodeSnapshot(Snapshot snapshot);

    /// <summary>The snapshot that <see cref="EncodeSnapshot"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public abstract Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload);

    /// <summary>Commands and replies as bytes, for the wire. Null for coupons alone, whose messages are their own: <see cref="CouponMessageCodec"/>.</summary>
    public abstract IKindMessages? Messages { get; }

    /// <summary>What entities of this kind are asked when something happens to others, or to themselves.</summary>
    public virtual IReadOnlyList<Reaction> Reactions => [];

    /// <summary>What lists show of the entity, from what they showed before, if anything. Null for a kind in no list or with its own read model.</summary>
    /// <exception cref="UnreadableMessageException">What they showed is damaged.</exception>
    public virtual EntityView? ViewOf(long id, string? before) => null;

    /// <summary>Whether lists show its entities by <see cref="ViewOf"/>.</summary>
    public bool HasView => _hasView.Value;

    /// <summary>
    /// When the entity is to be asked <see cref="TimePassed"/>, once this has happened: null for never. Each event of a kind with time-outs says it anew.
    /// </summary>
    public virtual Timestamp? DueAfter(Event happened) => null;

    /// <summary>What is asked of an entity that is due; null for a kind without time-outs.</summary>
    public virtual Command? TimePassed => null;

    /// <summary>Every name that <see cref="LineOf"/> gives. They never change.</summary>
    public abstract IReadOnlyList<string> Notifications { get; }

    /// <summary>
    /// How many things have happened with this event, of which each is a notification: one at least, and the same for ever, for numbers are counted by it.
    /// </summary>
    public virtual int LinesOf(Event happened) => 1;

    /// <summary>What people are told of one of them.</summary>
    /// <param name="index">Which, from 0 on.</param>
    public abstract NotificationLine LineOf(long id, Event happened, int index);
}

/// <inheritdoc/>
public abstract class EntityKind<TEvent, TSnapshot> : EntityKind
    where TEvent : Event
    where TSnapshot : Snapshot
{
    public sealed override Type EventType => typeof(TEvent);

    public sealed override Type SnapshotType => typeof(TSnapshot);

    public sealed override TracedEvent Traced(Event happened, string traceParent) => new TracedEvent<TEvent>((TEvent)happened, traceParent);
}

/// <summary>The commands and replies of one kind, as they cross the wire. What any release encoded, every later one decodes.</summary>
public interface IKindMessages
{
    /// <exception cref="InvalidDataException">The command can't be, so that it could not be decoded.</exception>
    EncodedPart Encode(Command command);

    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a command can't be.</exception>
    Command DecodeCommand(long id, EncodedPart encoded);

    EncodedPart Encode(Reply reply);

    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a reply can't be.</exception>
    Reply DecodeReply(long id, EncodedPart encoded);
}

/// <summary>Which entity: there may be one of each kind with the same id.</summary>
public readonly record struct EntityKey(EntityKind Kind, long Id)
{
    /// <summary>As it stands in log lines: <c>coupon 7</c>.</summary>
    public override string ToString() => $"{Kind.Name} {Id}";
}
