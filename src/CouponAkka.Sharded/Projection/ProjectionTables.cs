using CouponAkka.Engine;
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
