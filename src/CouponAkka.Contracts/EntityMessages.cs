using CouponAkka.Domain;

namespace CouponAkka.Contracts;

/// <summary>A message to one entity, wherever it lives.</summary>
public interface IEntityMessage
{
    long EntityId { get; }
}

/// <summary>What several people ask of one entity, in the order in which it is to be decided.</summary>
public interface IEntityRequest : IEntityMessage
{
    /// <summary>The asker's own; the answers carry it.</summary>
    long Number { get; }

    IReadOnlyList<Command> Commands { get; }

    /// <summary>The traces of some of those who ask, as W3C <c>traceparent</c>.</summary>
    IReadOnlyList<string> TraceParents { get; }

    /// <summary>A place for the reply to each command, as <see cref="AnswersOf"/> takes them.</summary>
    Reply[] NewReplies();

    /// <summary>The message that answers it.</summary>
    /// <param name="replies">From <see cref="NewReplies"/>, in the order of the commands.</param>
    /// <param name="closed">Whether the entity is worth following. Means something of a coupon.</param>
    object AnswersOf(Reply[] replies, bool closed);
}

/// <summary>An event on its way to the journal, and the trace of its write, as W3C <c>traceparent</c>. The journal gives back the event alone.</summary>
public abstract record TracedEvent(string TraceParent)
{
    public abstract Event Happened { get; }
}

/// <typeparam name="TEvent">The events of one kind of entity, by which its serializer is found.</typeparam>
/// <inheritdoc cref="TracedEvent"/>
public sealed record TracedEvent<TEvent>(TEvent Event, string TraceParent) : TracedEvent(TraceParent)
    where TEvent : Event
{
    public override Event Happened => Event;
}
