using CouponAkka.Engine;
using CouponAkka.Engine.Projecting;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.Projection;

/// <summary>The one row of <c>projection_position</c>.</summary>
[Table("projection_position")]
internal sealed record PositionRow
{
    [Column("ordering")]
    public long Ordering { get; init; }

    /// <summary>Up to here everything is projected that was answered more than a moment ago; <see cref="Ordering"/> stays behind a hole for longer.</summary>
    [Column("settled")]
    public long Settled { get; init; }

    [Column("epoch")]
    public long Epoch { get; init; }

    /// <summary>Reads it and keeps every other writer waiting until the end of the transaction.</summary>
    public static async Task<PositionRow> LockAsync(DataConnection connection)
    {
        var rows = await connection.QueryToListAsync<PositionRow>("SELECT ordering, epoch FROM projection_position WHERE id = 1 FOR UPDATE");
        return rows is [var row] ? row : throw new StartupException("The table projection_position has lost its row: insert (1, 0, 0) to project all again.");
    }
}

/// <summary>A row of <c>projection_progress</c>.</summary>
[Table("projection_progress")]
internal sealed record ProgressRow
{
    [PrimaryKey, Column("coupon_id")]
    public long CouponId { get; init; }

    [Column("sequence_number")]
    public long SequenceNumber { get; init; }

    [Column("parked_because")]
    public string? ParkedBecause { get; init; }
}

/// <summary>A row of <c>entity_views</c>.</summary>
[Table("entity_views")]
internal sealed record ViewRow
{
    [PrimaryKey(0), Column("kind")]
    public required string Kind { get; init; }

    [PrimaryKey(1), Column("entity_id")]
    public long EntityId { get; init; }

    [Column("sequence_number")]
    public long SequenceNumber { get; init; }

    [Column("parked_because")]
    public string? ParkedBecause { get; init; }

    [Column("view")]
    public string? View { get; init; }
}

/// <summary>A row of <c>list_lines</c>.</summary>
[Table("list_lines")]
internal sealed record LineRow
{
    [PrimaryKey(0), Column("list")]
    public required string List { get; init; }

    [PrimaryKey(1), Column("owner")]
    public long Owner { get; init; }

    [PrimaryKey(2), Column("position")]
    public long Position { get; init; }

    [Column("line")]
    public required string Line { get; init; }

    public ListLine ToLine() => new(List, Owner, Position, Line);
}
