using System.Globalization;
using System.Text;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using LinqToDB.Data;
using LinqToDB.Mapping;
using MySqlConnector;

namespace CouponAkka.Sharded.Journal;

/// <summary>Where a coupon's journal ends, and up to which of its events others have come, all at one moment; 0 for nothing.</summary>
/// <param name="Last">The number of the last event in the journal.</param>
/// <param name="Projected">The last event that is in the read model.</param>
/// <param name="InSnapshot">The last event in the newest snapshot.</param>
internal readonly record struct JournalEnd(long Last, long Projected, long InSnapshot);

/// <summary>Tells where a coupon's journal ends.</summary>
internal interface IJournalEnds
{
    /// <summary>As the database has it at a moment after this is called.</summary>
    Task<JournalEnd> ReadAsync(long couponId);
}

/// <summary>
/// Where coupons' journals end: while queries are on their way, what is asked gathers, and is the next one. So however many coupons wake or
/// are asked at once, it takes no more than a few connections. Any thread may use it.
/// </summary>
/// <param name="timeout">How long a query may take before those who asked hear that it failed.</param>
internal sealed class JournalEnds(CouponDatabase database, TimeSpan timeout) : IJournalEnds
{
    private const int QueriesAtOnce = 4;
    private const int CouponsAtOnce = 100;

    private readonly Lock _gate = new();
    private readonly Queue<Question> _gathered = [];
    private int _reading;

    public Task<JournalEnd> ReadAsync(long couponId)
    {
        var question = new Question(couponId);
        lock (_gate)
        {
            _gathered.Enqueue(question);
            if (_reading == QueriesAtOnce)
                return question.Task;
            _reading++;
        }

        _ = AnswerAsync();
        return question.Task;
    }

    private async Task AnswerAsync()
    {
        while (TakeGathered() is { Count: > 0 } questions)
        {
            try
            {
                var ends = await ReadAsync(questions);
                foreach (var question in questions)
                    question.SetResult(ends[question.CouponId]);
            }
            catch (Exception failure)
            {
                foreach (var question in questions)
                    question.TrySetException(failure);
            }
        }
    }

    private List<Question> TakeGathered()
    {
        var taken = new List<Question>();
        lock (_gate)
        {
            while (taken.Count < CouponsAtOnce && _gathered.TryDequeue(out var question))
                taken.Add(question);
            if (taken.Count == 0)
                _reading--;
        }

        return taken;
    }

    private async Task<Dictionary<long, JournalEnd>> ReadAsync(List<Question> questions)
    {
        var sql = Sql(questions.Select(question => question.CouponId).Distinct());
        using var late = new CancellationTokenSource(timeout);
        try
        {
            return await ReadAsync(sql, late.Token);
        }
        catch (MySqlException) when (!late.IsCancellationRequested)
        {
            // A connection of the pool may have been cut long ago, and it costs nothing to read again.
            return await ReadAsync(sql, late.Token);
        }
    }

    private async Task<Dictionary<long, JournalEnd>> ReadAsync(string sql, CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var rows = await connection.QueryToListAsync<EndRow>(sql, cancel);
        return rows.ToDictionary(row => row.CouponId, row => new JournalEnd(row.Last ?? 0, row.Projected ?? 0, row.InSnapshot ?? 0));
    }

    // One statement, so that it sees all at one moment. Each MAX is one look at the end of a key.
    private static string Sql(IEnumerable<long> couponIds)
    {
        var sql = new StringBuilder();
        foreach (var couponId in couponIds)
        {
            var id = PersistenceIds.Of(couponId);
            sql.Append(sql.Length == 0 ? "" : " UNION ALL ").Append(
                CultureInfo.InvariantCulture,
                $"""
                SELECT {couponId} AS coupon_id,
                    (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = '{id}') AS last,
                    (SELECT sequence_number FROM projection_progress WHERE coupon_id = {couponId}) AS projected,
                    (SELECT MAX(sequence_number) FROM snapshot WHERE persistence_id = '{id}') AS in_snapshot
                """);
        }

        return sql.ToString();
    }

    private sealed class Question(long couponId) : TaskCompletionSource<JournalEnd>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long CouponId => couponId;
    }

    private sealed class EndRow
    {
        [Column("coupon_id")]
        public long CouponId { get; init; }

        [Column("last")]
        public long? Last { get; init; }

        [Column("projected")]
        public long? Projected { get; init; }

        [Column("in_snapshot")]
        public long? InSnapshot { get; init; }
    }
}
