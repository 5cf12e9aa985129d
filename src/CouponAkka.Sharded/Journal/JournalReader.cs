using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Projection;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.Journal;

/// <summary>Part of the journal: the rows of entities of every kind, in no certain order.</summary>
/// <param name="Position">How far the journal has been read when these rows are applied.</param>
/// <param name="JournalEnd">The highest number read.</param>
/// <param name="Ends">Where entities end that may be behind, although all that could be read by <c>ordering</c> came before this.</param>
internal sealed record JournalBatch(IReadOnlyList<JournalRow> Rows, JournalPosition Position, long JournalEnd, IReadOnlyList<EntityEnd> Ends)
{
    /// <summary>The entities of which the read model has seen more than the journal holds; null if they have not been looked for this time.</summary>
    public IReadOnlyList<EntityAhead>? Ahead { get; init; }

    public long Weight => Rows.Sum(row => row.Weight);

    public JournalBatch Then(JournalBatch next) =>
        next with { Rows = [.. Rows, .. next.Rows], Ends = [.. Ends, .. next.Ends], Ahead = next.Ahead ?? Ahead };
}

/// <summary>The number of an entity's last event.</summary>
internal readonly record struct EntityEnd(EntityKey Key, long SequenceNumber);

/// <summary>An entity that is projected up to an event which its journal does not hold (any more).</summary>
internal readonly record struct EntityAhead(EntityKey Key, long Projected, long JournalEnd);

/// <summary>
/// Follows the journal for the read model; at the start and then once a minute it asks where each entity ends that has one, so that a row is found however
/// late it could be seen. One caller at a time.
/// </summary>
internal sealed class JournalReader(CouponDatabase database, EntityKinds kinds, long position, TimeProvider time)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(1);

    /// <summary>However little there is to tell, so that the writer learns whether it still is the writer.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(1);

    private readonly OrderingReader _journal = new(database, kinds, connection => connection.GetTable<JournalRow>(), position, time);
    private TimeSpan _nextCheck;
    private Comparison? _check;
    private JournalPosition _told = new(position, position);
    private TimeSpan _toldAt;

    /// <summary>What comes next; waits for it.</summary>
    public async Task<JournalBatch> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var rows = await _journal.ReadAsync(cancel);
            var check = await CheckAsync(cancel);
            var now = _journal.Now;
            if (rows.Count > 0 || check is not null || _journal.Position != _told || now - _toldAt > LongestSilence)
            {
                (_told, _toldAt) = (_journal.Position, now);
                return new JournalBatch(rows, _told, _journal.Highest, check?.Ends ?? []) { Ahead = check?.Ahead };
            }
        }
    }

    // The entities are compared only when everything has been read by ordering that could be when they were asked for: what is behind then is late.
    private async Task<Comparison?> CheckAsync(CancellationToken cancel)
    {
        if (_check is null && _journal.Now is var now && now >= _nextCheck)
        {
            _nextCheck = now + CheckInterval;
            await using var connection = database.Connect();
            // Both look at every entity there is.
            connection.CommandTimeout = 60;
            var ends = new List<EntityEnd>();
            var ahead = new List<EntityAhead>();
            foreach (var kind in kinds)
            {
                if (ProgressOf(kind) is not { } progress)
                    continue;
                ends.AddRange(await EndsAheadAsync(connection, kind, progress, cancel));
                ahead.AddRange(await ProjectedAheadAsync(connection, kind, progress, cancel));
            }

            var end = await connection.GetTable<JournalRow>().MaxAsync(row => (long?)row.Ordering, cancel) ?? 0;
            _check = new Comparison(end, ends, ahead);
        }

        if (_check is not { } check || _journal.Highest < check.Position)
            return null;
        _check = null;
        return check;
    }

    // How far each entity of a kind is projected; null for a kind without a read model.
    private static string? ProgressOf(EntityKind kind) =>
        kind == CouponKind.Instance ? "(SELECT coupon_id AS id, sequence_number FROM projection_progress)"
        : kind.HasView ? $"(SELECT entity_id AS id, sequence_number FROM entity_views WHERE kind = '{kind.Name}')"
        : null;

    private async Task<IEnumerable<EntityEnd>> EndsAheadAsync(DataConnection connection, EntityKind kind, string progress, CancellationToken cancel)
    {
        var ahead = await connection.QueryToListAsync<JournalRow>(
            $"""
            SELECT journal_end.persistence_id, journal_end.sequence_number
            FROM {OrderingReader.EndsOf(kind)} AS journal_end
            LEFT JOIN {progress} AS progress
                ON progress.id = CAST(SUBSTRING(journal_end.persistence_id, {PersistenceIds.PrefixOf(kind).Length + 1}) AS SIGNED)
            WHERE progress.sequence_number IS NULL OR progress.sequence_number < journal_end.sequence_number
            """,
            cancel);
        return ahead.Where(end => end.IsOfAnEntity(kinds)).Select(end => new EntityEnd(end.Key, end.SequenceNumber));
    }

    // In one statement, so that no event can be projected between the two looks.
    private static async Task<IEnumerable<EntityAhead>> ProjectedAheadAsync(
        DataConnection connection, EntityKind kind, string progress, CancellationToken cancel)
    {
        var ahead = await connection.QueryToListAsync<AheadRow>(
            $"""
            SELECT progress.id, progress.sequence_number AS projected, COALESCE(journal_end.sequence_number, 0) AS journal_end
            FROM {progress} AS progress
            LEFT JOIN {OrderingReader.EndsOf(kind)} AS journal_end ON journal_end.persistence_id = CONCAT('{PersistenceIds.PrefixOf(kind)}', progress.id)
            WHERE journal_end.sequence_number IS NULL OR journal_end.sequence_number < progress.sequence_number
            """,
            cancel);
        return ahead.Select(row => new EntityAhead(new EntityKey(kind, row.Id), row.Projected, row.JournalEnd));
    }

    private sealed record Comparison(long Position, IReadOnlyList<EntityEnd> Ends, IReadOnlyList<EntityAhead> Ahead);

    private sealed class AheadRow
    {
        [Column("id")]
        public long Id { get; init; }

        [Column("projected")]
        public long Projected { get; init; }

        [Column("journal_end")]
        public long JournalEnd { get; init; }
    }
}
