using CouponAkka.Domain;

namespace CouponAkka.Engine.Ports;

/// <summary>The journal as reactions read it.</summary>
public interface IReactionJournal
{
    /// <summary>
    /// Every event of the kinds that are sources, from <paramref name="position"/> on, and waits for what comes; an entity's events may come out of order or
    /// twice. Ends only by <paramref name="cancel"/>, or by an exception of the journal.
    /// </summary>
    IAsyncEnumerable<ReactionBatch> ReadAsync(long position, CancellationToken cancel);

    /// <summary>An entity's events after <paramref name="number"/>, the first of them, in order and without a hole; none only if there are none.</summary>
    Task<IReadOnlyList<JournalEntry>> ReadEntityAsync(EntityKey key, long number, CancellationToken cancel);
}

/// <summary>Some events, and from where to read on once they are done.</summary>
public sealed record ReactionBatch(IReadOnlyList<JournalEntry> Entries, long Position);

/// <summary>An event of an entity.</summary>
/// <param name="Happened">Null for one that nothing follows from (<see cref="Reacting.ReactionTable.MustRead"/>), or that can't be read.</param>
/// <param name="Unreadable">Why it can't be read, or is missing: nothing of this entity is delivered from here on.</param>
public sealed record JournalEntry(EntityKey Key, long Number, Event? Happened, Exception? Unreadable = null);

/// <summary>Where reactions keep how far they are. All of it can be had again from the journal, at the price of delivering again.</summary>
public interface IReactionStore
{
    /// <summary>Begins to deliver in place of whoever did before: what that one saves from now on is refused.</summary>
    Task<ReactionState> LoadAsync(CancellationToken cancel);

    /// <summary>Saves all of it, or nothing.</summary>
    Task SaveAsync(ReactionState changes, CancellationToken cancel);
}

/// <summary>How far reactions are; or what of that has changed.</summary>
/// <param name="Position">Everything before it is delivered, or named in <paramref name="Progress"/> as stalled.</param>
public sealed record ReactionState(long Position, IReadOnlyList<SourceProgress> Progress, IReadOnlyList<EntityDue> Due);

/// <summary>Up to which of its events an entity's reactions are delivered.</summary>
/// <param name="StalledBecause">Why not those that follow, although they may have been read; they are read again by the entity's own numbers.</param>
public readonly record struct SourceProgress(EntityKey Key, long Number, string? StalledBecause);

/// <summary>When an entity is due; null for never (any more).</summary>
public readonly record struct EntityDue(EntityKey Key, Timestamp? At);
