namespace CouponAkka.Sharded.Journal;

/// <summary>
/// The numbers that reading by <c>ordering</c> has passed over. The database gives a number out before the insert commits, so behind a hole
/// may be a row that can be seen a moment later, or, after a rollback, nothing for ever. They are looked up again, ever more rarely, for
/// <see cref="Patience"/>. Later rows are found by their coupon's number; holes are only the faster way. Not thread-safe.
/// </summary>
internal sealed class OrderingHoles(long position)
{
    /// <summary>Longer than any insert into the journal may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>How many are remembered: a server may be set to leave out many numbers.</summary>
    public const int Capacity = 1_000;

    // A row that is to come is seen much sooner. A hole that a rollback has left stays for the whole of Patience.
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SoonestLook = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LatestLook = TimeSpan.FromSeconds(5);

    private readonly SortedDictionary<long, Hole> _open = [];

    /// <summary>The highest number read.</summary>
    public long Highest { get; private set; } = position;

    /// <summary>Every number up to here is read or given up: reading anew from here finds the open holes again.</summary>
    public long Position => _open.Count == 0 ? Highest : _open.First().Key - 1;

    /// <summary>How far the journal is read, and how far but for holes in which no row has come for <see cref="Young"/>.</summary>
    public JournalPosition At(TimeSpan now) =>
        new(Position, _open.FirstOrDefault(hole => now - hole.Value.Since < Young) is { Key: > 0 and var youngest } ? youngest - 1 : Highest);

    /// <summary>The row after <see cref="Highest"/> has this number. Moments are durations since any one moment.</summary>
    public void Advance(long ordering, TimeSpan now)
    {
        for (var missing = Math.Max(Highest + 1, ordering - Capacity); missing < ordering; missing++)
            _open[missing] = new Hole(now, now + SoonestLook);
        while (_open.Count > Capacity)
            _open.Remove(_open.First().Key);
        Highest = ordering;
    }

    /// <summary>The holes to look up now. Those that waited long enough are forgotten.</summary>
    public List<long> Due(TimeSpan now)
    {
        if (_open.Count == 0)
            return [];
        foreach (var (ordering, _) in _open.Where(hole => now - hole.Value.Since > Patience).ToList())
            _open.Remove(ordering);
        var due = _open.Where(hole => hole.Value.NextLook <= now).ToList();
        foreach (var (ordering, hole) in due)
        {
            var pause = now - hole.Since;
            _open[ordering] = hole with { NextLook = now + (pause < SoonestLook ? SoonestLook : pause > LatestLook ? LatestLook : pause) };
        }

        return due.ConvertAll(hole => hole.Key);
    }

    /// <summary>The row is there now.</summary>
    public void Fill(long ordering) => _open.Remove(ordering);

    private readonly record struct Hole(TimeSpan Since, TimeSpan NextLook);
}

/// <summary>How far the journal is read.</summary>
/// <param name="ReadUpTo">Reading anew from here leaves no row out.</param>
/// <param name="SettledUpTo">Nobody need wait for a row up to here: what is missing has been missing for a while, and is likely to be nothing.</param>
internal readonly record struct JournalPosition(long ReadUpTo, long SettledUpTo);
