namespace CouponAkka.Domain;

/// <summary>What an entity is asked: to change, or to tell.</summary>
public abstract record Command;

/// <summary>A fact about one entity, with everything that replay needs. Facts are what the journal holds.</summary>
public abstract record Event;

/// <summary>What an entity answers.</summary>
public abstract record Reply;

/// <summary>What an entity answers, and the event that must be durable before the answer leaves, if the answer needs one.</summary>
public readonly record struct Decision(Reply Reply, Event? Event = null);

/// <summary>
/// Something with an id, of which there is one writer: decides each command from memory and evolves by events. Deciding, replaying and testing use the
/// same pair. Not thread-safe: its one writer owns it.
/// </summary>
public interface IEntity
{
    long Id { get; }

    /// <summary>Whether anything has happened to it. One that does not exist is not kept in memory, however many of them are asked for.</summary>
    bool Exists { get; }

    /// <summary>How much there is of it, in entries of its snapshot: snapshots are taken as it grows.</summary>
    long Weight { get; }

    /// <summary>
    /// The answer to <paramref name="command"/> at <paramref name="now"/>, and the event that makes it true, if one is needed. Changes nothing.
    /// </summary>
    Decision Decide(Command command, Timestamp now);

    /// <summary>Makes <paramref name="happened"/> part of the state. Looks at no clock.</summary>
    /// <exception cref="InvalidEventException">The event can't follow what happened before it: the journal is damaged.</exception>
    void Evolve(Event happened);

    /// <summary>The state as a value that later events don't change, for a snapshot.</summary>
    /// <exception cref="InvalidOperationException">It does not exist.</exception>
    Snapshot TakeSnapshot();
}

/// <summary>An entity's state at one moment.</summary>
public abstract record Snapshot;

/// <summary>An event contradicts what happened before it, so that the journal can't be right.</summary>
public sealed class InvalidEventException(string message) : Exception(message);

/// <summary>
/// The event that an entity is asked something for: which entity's, and its number there, from 1 without a hole. It may be delivered again, so who
/// takes it remembers it (<see cref="Watermarks"/>).
/// </summary>
/// <param name="Kind">The name of that entity's kind.</param>
public readonly record struct Cause(string Kind, long Id, long Number);

/// <summary>What one entity's event asks of another entity.</summary>
/// <param name="Kind">The name of the other's kind.</param>
/// <param name="Id">The other's id.</param>
public sealed record Ask(string Kind, long Id, Command Command);
