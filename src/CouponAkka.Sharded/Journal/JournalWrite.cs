using System.Diagnostics;
using PluginRow = Akka.Persistence.Sql.Journal.Types.JournalRow;

namespace CouponAkka.Sharded.Journal;

/// <summary>What one coupon wants written: all of its rows or none.</summary>
/// <param name="rows">One at least, in order, all of <paramref name="persistenceId"/>.</param>
/// <param name="alone">Not together with others: it may well fail, or have to wait.</param>
internal sealed class JournalWrite(string persistenceId, IReadOnlyList<PluginRow> rows, bool alone)
{
    private readonly long _asked = Stopwatch.GetTimestamp();

    // Who waits goes on at once, on the thread that heard from the database: all that is left to do is to tell an actor.
    private readonly TaskCompletionSource _done = new();

    public string PersistenceId { get; } = persistenceId;

    public IReadOnlyList<PluginRow> Rows { get; } = rows;

    public bool Alone { get; } = alone;

    public long Bytes { get; } = rows.Sum(row => (long)row.Message.Length);

    /// <summary>How long it has been waited for.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_asked);

    /// <summary>Succeeds when the rows are durable. Fails when they are not, or when nobody knows.</summary>
    public Task Done => _done.Task;

    public void Succeed() => _done.SetResult();

    public void Fail(Exception cause) => _done.SetException(cause);
}
