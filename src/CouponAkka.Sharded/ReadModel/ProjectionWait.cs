using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Database;
using LinqToDB.Data;
using LinqToDB.Mapping;
using MySqlConnector;

namespace CouponAkka.Sharded.ReadModel;

/// <summary>
/// Waits until the read model holds what the journal held when one asked. However many wait in this process, one query at a time looks for all of them.
/// </summary>
internal sealed class ProjectionWait(CouponDatabase database, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(15);

    private readonly Lock _gate = new();
    private List<Waiter> _waiting = [];
    private bool _looking;

    /// <summary>Ends when that is so, or when <see cref="IReadModel.LongestWait"/> is over.</summary>
    /// <exception cref="ReadModelUnavailableException">The database can't be asked.</exception>
    public Task WaitAsync()
    {
        var waiter = new Waiter(clock.GetTimestamp());
        lock (_gate)
        {
            _waiting.Add(waiter);
            if (_looking)
                return waiter.Done.Task;
            _looking = true;
        }

        _ = LookAsync();
        return waiter.Done.Task;
    }

    private async Task LookAsync()
    {
        while (Take() is { Count: > 0 } waiters)
        {
            ProgressRow progress;
            try
            {
                progress = await ReadAsync();
            }
            catch (Exception failure)
            {
                waiters.ForEach(waiter => waiter.Done.SetException(failure is MySqlException ? new ReadModelUnavailableException(failure) : failure));
                continue;
            }

            var left = waiters.FindAll(waiter => !IsDone(waiter, progress));
            foreach (var done in waiters.Except(left))
                done.Done.SetResult();
            if (left.Count == 0)
                continue;
            lock (_gate)
                _waiting.AddRange(left);
            await Task.Delay(PollInterval, clock);
        }
    }

    private List<Waiter> Take()
    {
        lock (_gate)
        {
            var taken = _waiting;
            _waiting = [];
            _looking = taken.Count > 0;
            return taken;
        }
    }

    private bool IsDone(Waiter waiter, ProgressRow progress)
    {
        waiter.JournalEnd ??= progress.JournalEnd;
        return progress.Projected >= waiter.JournalEnd || clock.GetElapsedTime(waiter.Began) >= IReadModel.LongestWait;
    }

    private async Task<ProgressRow> ReadAsync()
    {
        await using var connection = database.Connect();
        return (await connection.QueryToListAsync<ProgressRow>(
            "SELECT (SELECT COALESCE(MAX(ordering), 0) FROM journal) AS journal_end, GREATEST(ordering, settled) AS projected "
                + "FROM projection_position")).Single();
    }

    private sealed class Waiter(long began)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Began => began;

        public long? JournalEnd { get; set; }
    }

    private sealed class ProgressRow
    {
        [Column("journal_end")]
        public long JournalEnd { get; init; }

        [Column("projected")]
        public long Projected { get; init; }
    }
}
