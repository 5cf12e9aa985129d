using System.Diagnostics;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Entities;

namespace CouponAkka.Standalone.Journal;

/// <summary>
/// The one loop that writes: takes every coupon that has something to write, writes all of it in one transaction, and
/// releases their replies; meanwhile the next group gathers in the coupons. On its own thread, for it blocks in fsync.
/// </summary>
internal sealed partial class JournalWriter : IDisposable
{
    private static readonly TimeSpan LongestProbeInterval = TimeSpan.FromMilliseconds(500);

    // What is told from memory rests on a look at the journal's files that is no older; it is looked twice as often.
    private static readonly TimeSpan LookIsGoodFor = TimeSpan.FromSeconds(1);

    private readonly IJournal _journal;
    private readonly SnapshotStore _snapshots;
    private readonly ILogger<JournalWriter> _log;
    private readonly TimeSpan _writeTimeout;
    private readonly TimeSpan _probeInterval;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly Thread _thread;
    private readonly Timer _watchdog;
    private readonly Timer _lookout;
    private readonly Lock _looking = new();
    private bool _lookingIsOver;
    private Task _lookOfAll = Task.CompletedTask;
    private long _lookedTicks = Environment.TickCount64;
    private List<LiveCoupon> _queue = [];
    private List<LiveCoupon> _writing = [];
    private long _writeStartedTicks;
    private volatile string? _trouble;
    private volatile string? _lost;
    private volatile bool _hangs;
    private volatile bool _stopping;

    public JournalWriter(IJournal journal, SnapshotStore snapshots, TimeSpan writeTimeout, ILogger<JournalWriter> log)
    {
        _journal = journal;
        _snapshots = snapshots;
        _writeTimeout = writeTimeout;
        _probeInterval = TimeSpan.FromTicks(Math.Min(LongestProbeInterval.Ticks, (writeTimeout / 10).Ticks));
        _log = log;
        _thread = new Thread(Run) { Name = "journal writer", IsBackground = true };
        _thread.Start();
        var watch = writeTimeout / 4;
        _watchdog = new Timer(_ => AbandonHangingWrite(), null, watch, watch);
        _lookout = new Timer(_ => LookUnlessLooking(), null, LookIsGoodFor / 2, LookIsGoodFor / 2);
    }

    /// <summary>More events are durable. Raised on the writer's thread.</summary>
    public event Action? Committed;

    /// <summary>Why the journal takes no writes now, or null: the health check says it.</summary>
    public string? Trouble => _lost ?? _trouble;

    /// <summary>A write is on its way that has taken too long: what it leads to is unknown, so nothing can be recovered yet.</summary>
    public bool Hangs => _hangs;

    public bool Writable => _trouble is null && _lost is null;

    /// <summary>The journal's files were seen to be in order within the last second, so what is known in memory is what they say.</summary>
    public bool MemoryIsTrue => _lost is null && SinceLook < LookIsGoodFor;

    private TimeSpan SinceLook => TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _lookedTicks));

    /// <summary>The same, after a new look where the last one is too old, as in a process that was stopped for a while. All who ask wait for one look.</summary>
    public async ValueTask<bool> IsMemoryTrueAsync()
    {
        if (_lost is not null || SinceLook < LookIsGoodFor)
            return _lost is null;
        Task look;
        lock (_gate)
        {
            if (_lookOfAll.IsCompleted)
                _lookOfAll = Task.Run(Look);
            look = _lookOfAll;
        }

        await look.WaitAsync(_writeTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return MemoryIsTrue;
    }

    /// <summary>Writes what has gathered in <paramref name="coupon"/> as soon as the write before is done.</summary>
    public void Enqueue(LiveCoupon coupon)
    {
        bool wake;
        lock (_gate)
        {
            wake = _queue.Count == 0;
            _queue.Add(coupon);
        }

        if (wake)
            Wake();
    }

    /// <summary>Writes what is queued, and stops.</summary>
    public void Dispose()
    {
        _watchdog.Dispose();
        _lookout.Dispose();
        // A look that is under way must not find the files closed.
        lock (_looking)
            _lookingIsOver = true;
        _stopping = true;
        Wake();
        _thread.Join();
        _wake.Dispose();
    }

    private void Wake()
    {
        lock (_gate)
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
    }

    private void Run()
    {
        var writes = new List<JournalWrite>();
        var snapshots = new List<SnapshotToSave>();
        while (true)
        {
            if (!TakeQueue())
            {
                if (_stopping)
                    return;
                _wake.Wait();
                continue;
            }

            writes.Clear();
            snapshots.Clear();
            foreach (var coupon in _writing)
            {
                if (!coupon.TryBegin(out var write, out var snapshot))
                    continue;
                writes.Add(write);
                if (snapshot is not null)
                    snapshots.Add(snapshot);
            }

            BeginWrite();
            var began = Stopwatch.GetTimestamp();
            try
            {
                _journal.Append(writes);
            }
            // Whatever it is, what stands in the journal is unknown now: the failure rule.
            catch (Exception failure)
            {
                EndWrite(trouble: failure.Explain());
                CouponMeter.WriteFailed();
                LogWriteFailed(failure);
                // Before anyone is answered: whether they may be told of anything at all.
                if (failure is JournalLostException)
                    Look();
                FailEveryone();
                ProbeUntilWritable();
                continue;
            }

            EndWrite(trouble: null);
            CouponMeter.Written(Release(), Stopwatch.GetElapsedTime(began));
            snapshots.ForEach(_snapshots.Save);
            Committed?.Invoke();
        }
    }

    private void BeginWrite()
    {
        lock (_gate)
            _writeStartedTicks = Environment.TickCount64;
    }

    private void EndWrite(string? trouble)
    {
        bool hung;
        lock (_gate)
        {
            hung = _hangs;
            _hangs = false;
            _writeStartedTicks = 0;
            _trouble = trouble;
        }

        if (hung && trouble is null)
            LogWritableAgain();
    }

    private bool TakeQueue()
    {
        lock (_gate)
        {
            _writing.Clear();
            (_queue, _writing) = (_writing, _queue);
        }

        return _writing.Count > 0;
    }

    private int Release()
    {
        var released = new List<PendingReply>();
        foreach (var coupon in _writing)
        {
            if (coupon.Committed(released))
                Enqueue(coupon);
        }

        ReplyDispatcher.Dispatch(released);
        return released.Count;
    }

    // Those in the write and those who wait for the next one.
    private void FailEveryone()
    {
        var unknown = new List<PendingReply>();
        lock (_gate)
        {
            foreach (var coupon in _writing)
                coupon.Fail(unknown);
            foreach (var coupon in _queue)
                coupon.Fail(unknown);
            _queue.Clear();
        }

        ReplyDispatcher.Dispatch(unknown, CouponReply.OutcomeUnknown);
    }

    private void ProbeUntilWritable()
    {
        while (!_stopping)
        {
            _wake.Wait(_probeInterval);
            try
            {
                _journal.Probe();
                _trouble = null;
                LogWritableAgain();
                return;
            }
            catch (Exception failure)
            {
                _trouble = failure.Explain();
            }

            // Whoever decided just before the trouble was seen hears of it too.
            FailEveryone();
        }
    }

    private void LookUnlessLooking()
    {
        if (!_looking.TryEnter())
            return;
        try
        {
            Look();
        }
        finally
        {
            _looking.Exit();
        }
    }

    private void Look()
    {
        lock (_looking)
        {
            if (_lookingIsOver)
                return;
            var began = Environment.TickCount64;
            Exception? lost = null;
            try
            {
                _journal.Check();
            }
            // Whatever it is, what the files say is not known.
            catch (Exception failure)
            {
                lost = failure;
            }

            var before = _lost;
            _lost = lost?.Explain();
            Interlocked.Exchange(ref _lookedTicks, began);
            if (lost is not null && before is null)
                LogLost(lost.Message, Environment.ProcessId);
            else if (lost is null && before is not null)
                LogFound();
        }
    }

    private void AbandonHangingWrite()
    {
        bool hungBefore;
        lock (_gate)
        {
            if (_writeStartedTicks == 0 || Environment.TickCount64 - _writeStartedTicks < _writeTimeout.TotalMilliseconds)
                return;
            hungBefore = _hangs;
            _hangs = true;
            _trouble = $"A write has taken longer than {_writeTimeout.TotalSeconds} s.";
            // Again and again, for whoever decided just before the trouble was seen is to hear of it too. Under the lock, or this write
            // could come back and the next one's coupons be failed in its place.
            FailEveryone();
        }

        if (hungBefore)
            return;
        CouponMeter.WriteFailed();
        LogWriteHangs(_writeTimeout.TotalSeconds);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal can't be written. Those who waited are told that the outcome is unknown; no coupon is issued until a write succeeds.")]
    private partial void LogWriteFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "A write to the journal has taken longer than {Seconds} s. Those who waited are told that the outcome is unknown.")]
    private partial void LogWriteHangs(double seconds);

    [LoggerMessage(Level = LogLevel.Critical, Message = """
        The journal can't be relied on: {What} Everyone is answered UNAVAILABLE. If its files were moved, put the very same ones back, and it goes on. Otherwise mend the disk or restore the journal, and restart. A file that was removed is kept, until this process ends, in /proc/{ProcessId}/fd: copy it from there before you stop it.
        """)]
    private partial void LogLost(string what, int processId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal's files are again those that this process has open, and as it left them. It goes on.")]
    private partial void LogFound();

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal can be written again.")]
    private partial void LogWritableAgain();
}
