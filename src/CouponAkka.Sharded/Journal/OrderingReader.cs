using CouponAkka.Engine;
using CouponAkka.Engine.Projecting;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Journal;

/// <summary>
/// Reads the journal by <c>ordering</c>, and looks into the holes that this leaves behind. A row that could be seen too late even for that is found by the
/// number of its entity's last event, which is the caller's to compare. One caller at a time.
/// </summary>
/// <param name="rowsOf">The rows as they are to be read.</param>
internal sealed class OrderingReader(
    CouponDatabase database, EntityKinds kinds, Func<DataConnection, IQueryable<JournalRow>> rowsOf, long position, TimeProvider time)
{
    private const int RowsAtOnce = 500;

    // A read costs the same for one row as for fifty; one after the other, each would find what came during the one before.
    private static readonly ProjectionPace Pace = new(Shortest: TimeSpan.FromMilliseconds(15), Longest: TimeSpan.FromMilliseconds(60));

    private readonly long _started = time.GetTimestamp();
    private readonly OrderingHoles _holes = new(position);
    private TimeSpan _nextRead;

    /// <summary>Since this began to read.</summary>
    public TimeSpan Now => time.GetElapsedTime(_started);

    /// <summary>The highest number read.</summary>
    public long Highest => _holes.Highest;

    public JournalPosition Position => _holes.At(Now);

    /// <summary>
    /// What has come, if anything: the rows of entities, in no certain order. Waits a moment first if the read before has seen the journal's end.
    /// </summary>
    public async Task<List<JournalRow>> ReadAsync(CancellationToken cancel)
    {
        if (_nextRead - Now is { Ticks: > 0 } pause)
            await Task.Delay(pause, time, cancel);
        var began = Now;
        var rows = await ReadNextAsync(cancel);
        if (rows.Count < RowsAtOnce)
            _nextRead = Now + Pace.PauseAfter(Now - began);
        rows.AddRange(await ReadHolesAsync(cancel));
        // Others of ours stand there too: each start of a process writes one.
        rows.RemoveAll(row => !row.IsOfAnEntity(kinds));
        return rows;
    }

    /// <summary>An entity's rows after <paramref name="sequenceNumber"/>, the first of them, in order.</summary>
    public static async Task<List<JournalRow>> ReadEntityAsync(
        IQueryable<JournalRow> journal, EntityKey key, long sequenceNumber, CancellationToken cancel = default)
    {
        var persistenceId = PersistenceIds.Of(key);
        var rows = await journal
            .Where(row => row.PersistenceId == persistenceId && row.SequenceNumber > sequenceNumber)
            .OrderBy(row => row.SequenceNumber)
            .Take(RowsAtOnce)
            .ToListAsync(cancel);
        rows.ForEach(row => row.Key = key);
        return rows;
    }

    /// <summary>As SQL, the number of the last event of each entity of a kind: columns <c>persistence_id</c> and <c>sequence_number</c>.</summary>
    // Grouped like this, the unique key gives the highest number of each id without reading the others.
    public static string EndsOf(EntityKind kind) =>
        $"""
        (
            SELECT persistence_id, MAX(sequence_number) AS sequence_number FROM journal
            WHERE persistence_id LIKE '{PersistenceIds.PrefixOf(kind)}%' GROUP BY persistence_id
        )
        """;

    private async Task<List<JournalRow>> ReadNextAsync(CancellationToken cancel)
    {
        await using var connection = database.Connect();
        var from = _holes.Highest;
        var rows = await rowsOf(connection).Where(row => row.Ordering > from).OrderBy(row => row.Ordering).Take(RowsAtOnce).ToListAsync(cancel);
        var now = Now;
        foreach (var row in rows)
            _holes.Advance(row.Ordering, now);
        return rows;
    }

    private async Task<List<JournalRow>> ReadHolesAsync(CancellationToken cancel)
    {
        if (_holes.Due(Now) is not { Count: > 0 } due)
            return [];
        await using var connection = database.Connect();
        var late = await rowsOf(connection).Where(row => due.Contains(row.Ordering)).ToListAsync(cancel);
        foreach (var row in late)
            _holes.Fill(row.Ordering);
        return late;
    }
}
