using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Notifying;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.Notifying;

/// <summary>The one row of <c>notification_position</c>.</summary>
[Table("notification_position")]
internal sealed record NumberingRow
{
    [Column("ordering")]
    public long Ordering { get; init; }

    [Column("next_n")]
    public long NextN { get; init; }

    [Column("epoch")]
    public long Epoch { get; init; }

    /// <summary>Reads it and keeps everyone else who numbers waiting until the end of the transaction.</summary>
    public static async Task<NumberingRow> LockAsync(DataConnection connection)
    {
        var rows = await connection.QueryToListAsync<NumberingRow>("SELECT ordering, next_n, epoch FROM notification_position WHERE id = 1 FOR UPDATE");
        return rows is [var row] ? row : throw new StartupException("The table notification_position has lost its row: restore it from a backup.");
    }
}

/// <summary>A row of <c>notification_progress</c>.</summary>
[Table("notification_progress")]
internal sealed record NumberedEntityRow
{
    [PrimaryKey, Column("persistence_id")]
    public required string PersistenceId { get; init; }

    [Column("sequence_number")]
    public long SequenceNumber { get; init; }
}

/// <summary>A row of <c>numbered_events</c>, with its event.</summary>
internal sealed record NumberedEventRow
{
    [Column("first_n")]
    public long FirstN { get; init; }

    [Column("lines_of_event")]
    public int Lines { get; init; }

    [Column("unreadable_at")]
    public Timestamp? UnreadableAt { get; init; }

    [Column("persistence_id")]
    public required string PersistenceId { get; init; }

    [Column("sequence_number")]
    public long SequenceNumber { get; init; }

    [Column("message")]
    public byte[]? Message { get; init; }

    [Column("identifier")]
    public int? Identifier { get; init; }

    [Column("manifest")]
    public string? Manifest { get; init; }

    public EventNumbers Numbers => new(FirstN, Lines, UnreadableAt);
}
