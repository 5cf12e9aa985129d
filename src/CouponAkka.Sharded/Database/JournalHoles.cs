using LinqToDB.Data;

namespace CouponAkka.Sharded.Database;

/// <summary>Events that stand in the journal without the one before them: their coupons can't be recovered.</summary>
internal static class JournalHoles
{
    private const int NamedAtMost = 10;

    /// <summary>Says where the first of them are, and what to do.</summary>
    public static async Task<string> DescribeAsync(DataConnection connection, CancellationToken cancel = default)
    {
        var holes = await connection.QueryToListAsync<string>(
            $"""
            SELECT CONCAT(event.persistence_id, ' has event ', event.sequence_number, ' and not ', event.sequence_number - 1)
            FROM journal AS event
            LEFT JOIN journal AS before_it ON before_it.persistence_id = event.persistence_id AND before_it.sequence_number = event.sequence_number - 1
            WHERE event.sequence_number > 1 AND before_it.ordering IS NULL
            ORDER BY event.persistence_id, event.sequence_number
            LIMIT {NamedAtMost}
            """,
            cancel);
        return $"the journal has holes: {string.Join("; ", holes)}{(holes.Count == NamedAtMost ? "; …" : "")}. "
            + "Put the missing rows back from a backup, or delete what stands after each hole, the highest numbers first; then migrate again.";
    }
}
