using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Sharded.Entities;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.Journal;

/// <summary>A row of the journal, as Akka.Persistence.Sql writes it.</summary>
[Table("journal")]
internal sealed record JournalRow
{
    /// <summary>In the order in which the database gave numbers out, which is not that in which the rows could be seen.</summary>
    [PrimaryKey, Column("ordering")]
    public long Ordering { get; init; }

    [Column("persistence_id")]
    public required string PersistenceId { get; init; }

    /// <summary>Of one entity: from 1, without a hole.</summary>
    [Column("sequence_number")]
    public long SequenceNumber { get; init; }

    /// <summary>When the journal was asked to write it, in ticks of UTC, by the clock of that node.</summary>
    [Column("created")]
    public long Created { get; init; }

    [Column("message")]
    public required byte[] Message { get; init; }

    [Column("identifier")]
    public int? Identifier { get; init; }

    [Column("manifest")]
    public string? Manifest { get; init; }

    /// <summary>Whose it is; who reads it fills it in.</summary>
    public EntityKey Key { get; set; }

    /// <summary>About how many rows it is for the read model: an issue takes some seven bytes, and what all have in common some ten.</summary>
    public long Weight => 1 + (Math.Max(0, Message.Length - 10) / 7);

    /// <summary>Fills in whose it is; false if it is no entity's, or of a kind that this program does not know.</summary>
    public bool IsOfAnEntity(EntityKinds kinds)
    {
        if (!PersistenceIds.TryParse(PersistenceId, kinds, out var key))
            return false;
        Key = key.Value;
        return true;
    }

    /// <summary>The event, or null for one that changes nothing.</summary>
    /// <param name="traceParent">The trace of its write, or null.</param>
    /// <exception cref="UnreadableMessageException">Its bytes are damaged, or of a kind that this program does not know.</exception>
    /// <exception cref="InvalidEventException">It was written by a serializer that is not ours.</exception>
    public Event? Decode(out string? traceParent)
    {
        traceParent = null;
        if (Identifier == CouponSerializer.Id && Manifest == WriterFence.Manifest)
            return null;
        if (Identifier != EntitySerializer.IdOf(Key.Kind))
            throw new InvalidEventException($"{Key}, number {SequenceNumber} was written by serializer {Identifier?.ToString() ?? "(none)"}, which is not known.");
        return Key.Kind.Decode(Key.Id, SequenceNumber, Manifest ?? "", Message, out traceParent);
    }
}
