using CouponAkka.Domain;
using CouponAkka.Engine;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.Reacting;

/// <summary>The one row of <c>reaction_position</c>.</summary>
[Table("reaction_position")]
internal sealed record ReactionPositionRow
{
    [Column("ordering")]
    public long Ordering { get; init; }

    [Column("epoch")]
    public long Epoch { get; init; }

    /// <summary>Reads it and keeps everyone else who delivers waiting until the end of the transaction.</summary>
    public static async Task<ReactionPositionRow> LockAsync(DataConnection connection)
    {
        var rows = await connection.QueryToListAsync<ReactionPositionRow>("SELECT ordering, epoch FROM reaction_position WHERE id = 1 FOR UPDATE");
        return rows is [var row] ? row : throw new StartupException("The table reaction_position has lost its row: insert (1, 0, 0) to deliver all again.");
    }
}

/// <summary>A row of <c>reaction_progress</c>.</summary>
[Table("reaction_progress")]
internal sealed record SourceRow
{
    [PrimaryKey, Column("persistence_id")]
    public required string PersistenceId { get; init; }

    [Column("sequence_number")]
    public long SequenceNumber { get; init; }

    [Column("stalled_because")]
    public string? StalledBecause { get; init; }
}

/// <summary>A row of <c>entity_due</c>.</summary>
[Table("entity_due")]
internal sealed record DueRow
{
    [PrimaryKey, Column("persistence_id")]
    public required string PersistenceId { get; init; }

    [Column("due_at")]
    public Timestamp DueAt { get; init; }
}
