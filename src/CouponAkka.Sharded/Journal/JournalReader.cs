using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace CouponAkka.Sharded.Journal;

/// <summary>Part of the journal: the rows of entities of every kind, in no certain order.</summary>
/// <param name="Position">How far the journal has been read when these rows are applied.</param>
/// <param name="JournalEnd">The highest number read.</param>
/// <param name="Ends">Where coupons end that may be behind, although all that could be read by <c>ordering</c> came before this.</param>
internal sealed record JournalBatch(IReadOnlyList<JournalRow> Rows, JournalPosition Position, long JournalEnd, IReadOnlyList<CouponEnd> Ends)
{
    /// <summary>The coupons of which the read model has seen more than the journal holds; null if they have not been looked for this time.</summary>
    public IReadOnlyList<CouponAhead>? Ahead { get; init; }

    public long Weight => Rows.Sum(row => row.Weight);

    public JournalBatch Then(JournalBatch next) =>
        next with { Rows = [.. Rows, .. next.Rows], Ends = [.. Ends, .. next.Ends], Ahead = next.Ahead ?? Ahead };
}

/// <summary>The number of a coupon's last event.</summary>
internal readonly record struct CouponEnd(long CouponId, long SequenceNumber);

/// <summary>A coupon that is projected up to an event which its journal does not hold (any more).</summary>
internal readonly record struct CouponAhead(long CouponId, long Projected, long JournalEnd);

/// <summary>
/// Follows the journal by <c>ordering</c>, looks into the holes it leaves behind, and at the start and then once a minute asks where each
/// coupon ends, so that a row is found however late it could be seen. One caller at a time.
/// </summary>
internal sealed class JournalReader(CouponDatabase database, EntityKinds kinds, long position, TimeProvider time)
{
    private const int RowsAtOnce = 500;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMinutes(1);

    // Nothing else is projected.
    private static readonly string Coupons = PersistenceIds.PrefixOf(CouponKind.Instance);

    // Grouped like this, the unique key gives the highest number of each id without reading the others.
    private static readonly string JournalEnds =
        $"""
        (
            SELECT persistence_id, MAX(sequence_number) AS sequence_number FROM journal
            WHERE persistence_id LIKE '{Coupons}%' GROUP BY persistence_id
        ) AS journal_end
        """;

    /// <summary>However little there is to tell, so that the writer learns whether it still is the writer.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(1);

    private readonly long _started = time.GetTimestamp();
    private readonly OrderingHoles _holes = new(position);
    private TimeSpan _nextCheck;
    private Comparison? _check;
    private JournalPosition _told = new(position, position);
    private TimeSpan _toldAt;

    /// <summary>What comes next; waits for it.</summary>
    public async Task<JournalBatch> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var rows = await ReadNextAsync(cancel);
            rows.AddRange(await ReadHolesAsync(cancel));
            var check = await CheckAsync(cancel);
            rows.RemoveAll(row => !IsOfAnEntity(row));
            var now = time.GetElapsedTime(_started);
            if (rows.Count > 0 || check is not null || _holes.At(now) != _told || now - _toldAt > LongestSilence)
            {
                (_told, _toldAt) = (_holes.At(now), now);
                return new JournalBatch(rows, _told, _holes.Highest, check?.Ends ?? []) { Ahead = check?.Ahead };
            }

            await Task.Delay(PollInterval, time, cancel);
        }
    }

    /// <summary>A coupon's rows after <paramref name="sequenceNumber"/>, the first of them, in order.</summary>
    public static async Task<List<JournalRow>> ReadCouponAsync(DataConnection connection, long couponId, long sequenceNumber)
    {
        var key = new EntityKey(CouponKind.Instance, couponId);
        var persistenceId = PersistenceIds.Of(key);
        var rows = await connection.GetTable<JournalRow>()
            .Where(row => row.PersistenceId == persistenceId && row.SequenceNumber > sequenceNumber)
            .OrderBy(row => row.SequenceNumber)
            .Take(RowsAtOnce)
            .ToListAsync();
        rows.ForEach(row => row.Key = key);
        return rows;
    }

    // Others of ours stand there too: each start of a process writes one.
    private bool IsOfAnEntity(JournalRow row)
    {
        if (!PersistenceIds.TryParse(row.PersistenceId, kinds, out var key))
            return false;
        row.Key = key.Value;
        return true;
    }

    private async Task<List<JournalRow>> ReadNextAsync(CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var from = _holes.Highest;
        var rows = await connection.GetTable<JournalRow>().Where(row => row.Ordering > from).OrderBy(row => row.Ordering).Take(RowsAtOnce).ToListAsync(cancel);
        var now = time.GetElapsedTime(_started);
        foreach (var row in rows)
            _holes.Advance(row.Ordering, now);
        return rows;
    }

    private async Task<List<JournalRow>> ReadHolesAsync(CancellationToken cancel)
    {
        if (_holes.Due(time.GetElapsedTime(_started)) is not { Count: > 0 } due)
            return [];
        await using var connection = database.Connect();
        var late = await connection.GetTable<JournalRow>().Where(row => due.Contains(row.Ordering)).ToListAsync(cancel);
        foreach (var row in late)
            _holes.Fill(row.Ordering);
        return late;
    }

    // The coupons are compared only when everything has been read by ordering that could be when they were asked for: what is behind then is late.
    private async Task<Comparison?> CheckAsync(CancellationToken cancel)
    {
        if (_check is null && time.GetElapsedTime(_started) is var now && now >= _nextCheck)
        {
            _nextCheck = now + CheckInterval;
            await using var connection = database.Connect();
            // Both look at every coupon there is.
            connection.CommandTimeout = 60;
            var ends = await EndsAheadAsync(connection, cancel);
            var ahead = await ProjectedAheadAsync(connection, cancel);
            var end = await connection.GetTable<JournalRow>().MaxAsync(row => (long?)row.Ordering, cancel) ?? 0;
            _check = new Comparison(end, ends, ahead);
        }

        if (_check is not { } check || _holes.Highest < check.Position)
            return null;
        _check = null;
        return check;
    }

    private async Task<List<CouponEnd>> EndsAheadAsync(DataConnection connection, CancellationToken cancel)
    {
        var ahead = await connection.QueryToListAsync<JournalRow>(
            $"""
            SELECT journal_end.persistence_id, journal_end.sequence_number
            FROM {JournalEnds}
            LEFT JOIN projection_progress AS progress
                ON progress.coupon_id = CAST(SUBSTRING(journal_end.persistence_id, {Coupons.Length + 1}) AS SIGNED)
            WHERE progress.sequence_number IS NULL OR progress.sequence_number < journal_end.sequence_number
            """,
            cancel);
        return
        [
            .. from end in ahead
               where IsOfAnEntity(end)
               select new CouponEnd(end.CouponId, end.SequenceNumber),
        ];
    }

    // In one statement, so that no event can be projected between the two looks.
    private static async Task<List<CouponAhead>> ProjectedAheadAsync(DataConnection connection, CancellationToken cancel)
    {
        var ahead = await connection.QueryToListAsync<AheadRow>(
            $"""
            SELECT progress.coupon_id, progress.sequence_number AS projected, COALESCE(journal_end.sequence_number, 0) AS journal_end
            FROM projection_progress AS progress
            LEFT JOIN {JournalEnds} ON journal_end.persistence_id = CONCAT('{Coupons}', progress.coupon_id)
            WHERE journal_end.sequence_number IS NULL OR journal_end.sequence_number < progress.sequence_number
            """,
            cancel);
        return ahead.ConvertAll(row => new CouponAhead(row.CouponId, row.Projected, row.JournalEnd));
    }

    private sealed record Comparison(long Position, IReadOnlyList<CouponEnd> Ends, IReadOnlyList<CouponAhead> Ahead);

    private sealed class AheadRow
    {
        [Column("coupon_id")]
        public long CouponId { get; init; }

        [Column("projected")]
        public long Projected { get; init; }

        [Column("journal_end")]
        public long JournalEnd { get; init; }
    }
}
