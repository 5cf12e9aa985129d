using CouponAkka.Engine;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Entities;

/// <summary>Where the journal of an entity was found to end, beside what its writer knew when it began to look.</summary>
/// <param name="Last">The number of the last event here, when the check was begun.</param>
/// <param name="Write">The last write that had been begun then.</param>
/// <param name="Began">When, by the moments of the writer's lease.</param>
internal sealed record JournalChecked(JournalEnd End, long Last, long Write, TimeSpan Began)
{
    /// <summary>No other writer had written by then.</summary>
    public bool IsSame => End.Last == Last;

    /// <summary>Why nothing may be added to the journal, or null: it ends before an event that the entity, its snapshot or the read model knows.</summary>
    public string? Lost(EntityKind kind) => Known > End.Last ? $"Its journal ends with event {End.Last}, but {Witness(kind)} knows event {Known}." : null;

    private long Known => Math.Max(Last, Math.Max(End.Projected, End.InSnapshot));

    private string Witness(EntityKind kind) => Known == Last ? $"the {kind.Name}" : Known == End.InSnapshot ? "its snapshot" : "the read model";

    /// <summary>Whether another writer has written, and it was not a write of this one's that was begun meanwhile, which will tell by itself.</summary>
    /// <param name="write">The last write that has been begun.</param>
    public bool IsContested(long write) => End.Last > Last && Write == write;
}

/// <summary>Where the journal ends can't be read.</summary>
/// <inheritdoc cref="JournalChecked" path="/param"/>
internal sealed record JournalNotChecked(Exception Cause, long Write);
