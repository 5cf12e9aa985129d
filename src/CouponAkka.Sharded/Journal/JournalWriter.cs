using System.Diagnostics;
using Akka.Event;
using CouponAkka.Sharded.Database;
using MySqlConnector;

namespace CouponAkka.Sharded.Journal;

/// <summary>
/// Writes to the journal what the coupons of a process decide: a group commit over coupons. While statements are on their way, what other coupons
/// want written gathers; what has gathered is the next statement. One coupon's trouble stays its own: a statement that fails, or hangs, is
/// taken apart, and each of its coupons is written alone, on connections that the groups don't need. Any thread may use it.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>With one, the disk is idle while answers are sent; with more, groups are smaller.</summary>
    public const int DefaultGroupsAtOnce = 2;

    private const int RowsAtOnce = 500;

    // Far below what a server takes (max_allowed_packet), so that only who is alone can exceed that.
    private const long BytesAtOnce = 256 << 10;
    private const int AloneAtOnce = 16;

    // Who has just failed must not take the connections of those who have not been tried yet.
    private const int AgainAtOnce = AloneAtOnce / 2;
    private const int RememberedAtMost = 1_000;

    /// <summary>A group that takes longer is taken for one that waits for a lock, unless statements take long anyway.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TroubleIsRemembered = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleIsClosed = TimeSpan.FromSeconds(5);

    private readonly CouponDatabase _database;
    private readonly TimeSpan _writeTimeout;
    private readonly ILoggingAdapter _log;
    private readonly Lock _lock = new();
    private readonly List<WriterConnection> _connections = [];
    private readonly Stack<WriterConnection> _freeForGroups = [];
    private readonly Stack<WriterConnection> _freeForAlone = [];
    private readonly Dictionary<string, JournalWrite> _pending = [];
    private readonly Queue<JournalWrite> _gathered = [];
    private readonly Queue<JournalWrite> _alone = [];
    private readonly Queue<JournalWrite> _again = [];
    private readonly Dictionary<string, long> _trouble = [];
    private readonly Timer _tidy;
    private int _againNow;
    private TimeSpan _usual;
    private bool _stopped;

    /// <param name="writeTimeout">How long a write may take before it has failed.</param>
    public JournalWriter(CouponDatabase database, TimeSpan writeTimeout, ILoggingAdapter log, int groupsAtOnce = DefaultGroupsAtOnce)
    {
        _database = database;
        _writeTimeout = writeTimeout;
        _log = log;
        for (var i = 0; i < groupsAtOnce; i++)
            _freeForGroups.Push(Connection());
        for (var i = 0; i < AloneAtOnce; i++)
            _freeForAlone.Push(Connection());
        _tidy = new Timer(_ => Tidy(), null, IdleIsClosed, TimeSpan.FromSeconds(1));

        WriterConnection Connection()
        {
            var connection = new WriterConnection(database, writeTimeout);
            _connections.Add(connection);
            return connection;
        }
    }

    /// <summary>Writes all rows or none; <see cref="JournalWrite.Done"/> tells. A coupon's write begins when its last one is done.</summary>
    public void Write(JournalWrite write)
    {
        var refused = "";
        lock (_lock)
        {
            if (_stopped)
                refused = "The journal has stopped.";
            else if (!_pending.TryAdd(write.PersistenceId, write))
                refused = $"{write.PersistenceId} is still being written.";
            else if (write.Alone || write.Bytes > BytesAtOnce || HadTrouble(write.PersistenceId))
                WriteAlone(write);
            else
                WriteInGroup(write);
        }

        if (refused.Length > 0)
            write.Fail(new InvalidOperationException(refused));
    }

    /// <summary>Returns when nothing of this coupon is being written: what is read then is what it will be.</summary>
    public async Task SettledAsync(string persistenceId)
    {
        Task? pending;
        lock (_lock)
            pending = _pending.GetValueOrDefault(persistenceId)?.Done;
        if (pending is not null)
            await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>What waits fails; what is on its way ends by itself.</summary>
    public void Dispose()
    {
        List<JournalWrite> waiting;
        lock (_lock)
        {
            if (_stopped)
                return;
            _stopped = true;
            waiting = [.. _gathered, .. _alone, .. _again];
            _gathered.Clear();
            _alone.Clear();
            _again.Clear();
        }

        _tidy.Dispose();
        Fail(waiting, new InvalidOperationException("The journal has stopped."));
        Tidy();
    }

    private void WriteInGroup(JournalWrite write)
    {
        _gathered.Enqueue(write);
        // On another thread, and not at once: those who ask in the same moment come along.
        if (_freeForGroups.TryPop(out var connection))
            Run(() => WriteGroupsAsync(connection));
    }

    private void WriteAlone(JournalWrite write)
    {
        _alone.Enqueue(write);
        if (_freeForAlone.TryPop(out var connection))
            Run(() => WriteAloneAsync(connection));
    }

    private void Run(Func<Task> write) => Task.Run(write).ContinueWith(
        failed => _log.Error(failed.Exception, "The journal's writer is broken, and writes less at once from now on. This is a bug."),
        CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private async Task WriteGroupsAsync(WriterConnection connection)
    {
        while (TakeGroup(connection) is { } group)
        {
            var began = Stopwatch.GetTimestamp();
            var outcome = await InterruptIfLateAsync(connection, group);
            switch (outcome)
            {
                case WriteOutcome.Written:
                    Usually(Stopwatch.GetElapsedTime(began));
                    Succeed(group);
                    break;
                case WriteOutcome.Refused refused:
                    Separate(group, refused.Cause);
                    break;
                default:
                    await GiveUpAsync(group, outcome);
                    break;
            }
        }
    }

    private async Task<WriteOutcome> InterruptIfLateAsync(WriterConnection connection, List<JournalWrite> group)
    {
        var writing = connection.WriteAsync(group);
        if (group.Count == 1)
            return await writing;
        try
        {
            return await writing.WaitAsync(Late());
        }
        catch (TimeoutException)
        {
            // Not waited for: what is interrupted ends by itself, and a server that can't be asked must not hold it up.
            _ = InterruptAsync(connection, group.Count);
            return await writing;
        }
    }

    private async Task InterruptAsync(WriterConnection connection, int coupons)
    {
        try
        {
            await connection.InterruptAsync();
        }
        catch (Exception failure) when (failure is MySqlException or TimeoutException or InvalidOperationException or IOException)
        {
            _log.Warning(failure, "A write of {0} coupons takes long and can't be interrupted; they wait until it ends, or for {1}.", coupons, _writeTimeout);
        }
    }

    private async Task WriteAloneAsync(WriterConnection connection)
    {
        while (TakeAlone(connection) is var (write, again))
        {
            var began = Stopwatch.GetTimestamp();
            var outcome = await connection.WriteAsync([write]);
            var late = Stopwatch.GetElapsedTime(began) > Late();
            lock (_lock)
            {
                if (again)
                    _againNow--;
                if (late || outcome is WriteOutcome.Refused)
                    Remember(write.PersistenceId);
            }

            switch (outcome)
            {
                case WriteOutcome.Written:
                    Succeed([write]);
                    break;
                case WriteOutcome.Refused { MayPass: true } refused when write.Age < _writeTimeout:
                    TryAgain(write, refused.Cause);
                    break;
                case WriteOutcome.Refused refused:
                    Fail([write], refused.Cause);
                    break;
                default:
                    await GiveUpAsync([write], outcome);
                    break;
            }
        }
    }

    /// <summary>What has gathered, or null, and then the connection is free again.</summary>
    private List<JournalWrite>? TakeGroup(WriterConnection connection)
    {
        while (true)
        {
            List<JournalWrite> group = [];
            List<JournalWrite> late = [];
            lock (_lock)
            {
                var (rows, bytes) = (0, 0L);
                while (_gathered.TryPeek(out var next) && (group.Count == 0 || (rows + next.Rows.Count <= RowsAtOnce && bytes + next.Bytes <= BytesAtOnce)))
                {
                    _gathered.Dequeue();
                    // Whoever asked has given up, and may be recovering: it must not be written behind its back.
                    if (next.Age > _writeTimeout)
                    {
                        late.Add(next);
                        continue;
                    }

                    group.Add(next);
                    rows += next.Rows.Count;
                    bytes += next.Bytes;
                }

                if (group.Count == 0 && late.Count == 0)
                {
                    Free(connection, _freeForGroups);
                    return null;
                }
            }

            FailLate(late);
            if (group.Count > 0)
                return group;
        }
    }

    private (JournalWrite Write, bool Again)? TakeAlone(WriterConnection connection)
    {
        while (true)
        {
            JournalWrite? next;
            var again = false;
            lock (_lock)
            {
                if (!_alone.TryDequeue(out next))
                {
                    again = _againNow < AgainAtOnce && _again.TryDequeue(out next);
                    if (!again)
                    {
                        Free(connection, _freeForAlone);
                        return null;
                    }
                }

                if (again && next!.Age <= _writeTimeout)
                    _againNow++;
            }

            if (next!.Age <= _writeTimeout)
                return (next, again);
            FailLate([next]);
        }
    }

    private void Free(WriterConnection connection, Stack<WriterConnection> free)
    {
        free.Push(connection);
        if (_stopped && connection.Detach() is { } detached)
            Run(() => detached.DisposeAsync().AsTask());
    }

    private void TryAgain(JournalWrite write, MySqlException cause)
    {
        lock (_lock)
        {
            if (!_stopped)
            {
                _again.Enqueue(write);
                return;
            }
        }

        Fail([write], cause);
    }

    /// <summary>Nothing of the group is written, and whose fault that is shows itself when each is written alone.</summary>
    private void Separate(List<JournalWrite> group, MySqlException cause)
    {
        _log.Info("A write of {0} coupons was refused, so each is written alone: {1}", group.Count, cause.Message);
        lock (_lock)
        {
            if (!_stopped)
            {
                foreach (var write in group)
                    WriteAlone(write);
                return;
            }
        }

        Fail(group, cause);
    }

    private async Task GiveUpAsync(List<JournalWrite> writes, WriteOutcome outcome)
    {
        var cause = outcome switch
        {
            WriteOutcome.Unknown unknown => unknown.Cause,
            WriteOutcome.NotSent notSent => notSent.Cause,
            _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
        };
        if (outcome is WriteOutcome.Unknown)
        {
            _log.Warning("A connection to the database was lost while {0} coupons were written; all connections are opened anew: {1}", writes.Count, cause.Message);
            foreach (var connection in _connections)
                connection.Doubt();
            // Who now recovers must not be given a connection that is as silent as this one.
            await MySqlConnection.ClearPoolAsync(new MySqlConnection(_database.ConnectionString));
        }

        Fail(writes, cause);
    }

    private void FailLate(List<JournalWrite> late)
    {
        if (late.Count > 0)
            Fail(late, new TimeoutException($"The write has waited for longer than {_writeTimeout}, and has not begun."));
    }

    private void Succeed(List<JournalWrite> writes)
    {
        Settle(writes);
        foreach (var write in writes)
            write.Succeed();
    }

    private void Fail(List<JournalWrite> writes, Exception cause)
    {
        Settle(writes);
        foreach (var write in writes)
            write.Fail(cause);
    }

    // Before they are told: whoever hears of the end may want to write the next.
    private void Settle(List<JournalWrite> writes)
    {
        lock (_lock)
        {
            foreach (var write in writes)
                _pending.Remove(write.PersistenceId);
        }
    }

    private bool HadTrouble(string persistenceId) =>
        _trouble.TryGetValue(persistenceId, out var since)
        && (Stopwatch.GetElapsedTime(since) < TroubleIsRemembered || !_trouble.Remove(persistenceId));

    private void Remember(string persistenceId)
    {
        if (_trouble.Count >= RememberedAtMost)
        {
            foreach (var (over, _) in _trouble.Where(trouble => Stopwatch.GetElapsedTime(trouble.Value) > TroubleIsRemembered).ToList())
                _trouble.Remove(over);
        }

        _trouble[persistenceId] = Stopwatch.GetTimestamp();
    }

    // A slow server is not one coupon's trouble; taking groups apart would only make it slower.
    private TimeSpan Late()
    {
        lock (_lock)
            return TimeSpan.FromTicks(Math.Clamp(_usual.Ticks * 10, Patience.Ticks, _writeTimeout.Ticks));
    }

    private void Usually(TimeSpan took)
    {
        lock (_lock)
            _usual += (took - _usual) / 8;
    }

    // Before the server does it, and complains.
    private void Tidy()
    {
        List<MySqlConnection> idle = [];
        lock (_lock)
        {
            foreach (var connection in _freeForGroups.Concat(_freeForAlone).Where(connection => _stopped || connection.Idle > IdleIsClosed))
            {
                if (connection.Detach() is { } detached)
                    idle.Add(detached);
            }
        }

        foreach (var connection in idle)
            Run(() => connection.DisposeAsync().AsTask());
    }
}
