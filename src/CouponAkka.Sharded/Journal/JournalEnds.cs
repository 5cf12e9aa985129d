using System.Globalization;
using System.Text;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Projection;
using LinqToDB.Data;
using LinqToDB.Mapping;
using MySqlConnector;

namespace CouponAkka.Sharded.Journal;

/// <summary>Where an entity's journal ends, and up to which of its events others have come, all at one moment; 0 for nothing.</summary>
/// <param name="Last">The number of the last event in the journal.</param>
/// <param name="Projected">The last event that is in the read model.</param>
/// <param name="InSnapshot">The last event in the newest snapshot.</param>
internal readonly record struct JournalEnd(long Last, long Projected, long InSnapshot);

/// <summary>Tells where an entity's journal ends.</summary>
internal interface IJournalEnds
{
    /// <summary>As the database has it at a moment after this is called.</summary>
    Task<JournalEnd> ReadAsync(EntityKey key);
}

/// <summary>
/// Where entities' journals end: while queries are on their way, what is asked gathers, and is the next one. So however many entities wake or
/// are asked at once, it takes no more than a few connections. Any thread may use it.
/// </summary>
/// <param name="timeout">How long a query may take before those who asked hear that it failed.</param>
internal sealed class JournalEnds(CouponDatabase database, TimeSpan timeout) : IJournalEnds
{
    private const int QueriesAtOnce = 4;
    private const int EntitiesAtOnce = 100;

    private readonly Lock _gate = new();
    private readonly Queue<Question> _gathered = [];
    private int _reading;

    public Task<JournalEnd> ReadAsync(EntityKey key)
    {
        var question = new Question(key);
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
                    question.SetResult(ends[question.Key]);
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
            while (taken.Count < EntitiesAtOnce && _gathered.TryDequeue(out var question))
                taken.Add(question);
            if (taken.Count == 0)
                _reading--;
        }

        return taken;
    }

    private async Task<Dictionary<EntityKey, JournalEnd>> ReadAsync(List<Question> questions)
    {
        EntityKey[] keys = [.. questions.Select(question => question.Key).Distinct()];
        using var late = new CancellationTokenSource(timeout);
        try
        {
            return await ReadAsync(keys, late.Token);
        }
        catch (MySqlException) when (!late.IsCancellationRequested)
        {
            // A connection of the pool may have been cut long ago, and it costs nothing to read again.
            return await ReadAsync(keys, late.Token);
        }
    }

    private async Task<Dictionary<EntityKey, JournalEnd>> ReadAsync(EntityKey[] keys, CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var rows = await connection.QueryToListAsync<EndRow>(Sql(keys), cancel);
        return rows.ToDictionary(row => keys[(int)row.Index], row => new JournalEnd(row.Last ?? 0, row.Projected ?? 0, row.InSnapshot ?? 0));
    }

    // One statement, so that it sees all at one moment. Each MAX is one look at the end of a key.
    private static string Sql(EntityKey[] keys)
    {
        var sql = new StringBuilder();
        for (var i = 0; i < keys.Length; i++)
        {
            var id = PersistenceIds.Of(keys[i]);
            var projected =
                keys[i].Kind == CouponKind.Instance ? $"(SELECT sequence_number FROM projection_progress WHERE coupon_id = {keys[i].Id})"
                : keys[i].Kind.HasView ? $"(SELECT sequence_number FROM entity_views WHERE kind = '{keys[i].Kind.Name}' AND entity_id = {keys[i].Id})"
                : "CAST(NULL AS SIGNED)";
            sql.Append(sql.Length == 0 ? "" : " UNION ALL ").Append(
                CultureInfo.InvariantCulture,
                $"""
                SELECT {i} AS idx,
                    (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = '{id}') AS last,
                    {projected} AS projected,
                    (SELECT MAX(sequence_number) FROM snapshot WHERE persistence_id = '{id}') AS in_snapshot
                """);
        }

        return sql.ToString();
    }

    private sealed class Question(EntityKey key) : TaskCompletionSource<JournalEnd>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public EntityKey Key => key;
    }

    private sealed class EndRow
    {
        [Column("idx")]
        public long Index { get; init; }

        [Column("last")]
        public long? Last { get; init; }

        [Column("projected")]
        public long? Projected { get; init; }

        [Column("in_snapshot")]
        public long? InSnapshot { get; init; }
    }
}
