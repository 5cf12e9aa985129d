using System.Collections.Concurrent;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Reacting;

/// <summary>One run of <see cref="ReactionRunner"/>: all that is forgotten when it ends.</summary>
internal sealed partial class ReactionRun : IDisposable
{
    /// <summary>How many events wait at most to be delivered, before reading waits.</summary>
    private const int MostWaiting = 20_000;

    /// <summary>How many sources may have a lane before those are put away of which nothing is waiting: every order that there ever was is one.</summary>
    public const int EnoughLanes = 10_000;

    /// <summary>How many sources read by their own numbers at a time.</summary>
    private const int MostReading = 8;

    // A save is a row for each source that has moved, however far: a thousand busy ones, a thousand rows. After a crash, what was delivered since the last
    // save is again, and ignored.
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);

    // One that has not failed for so long goes on, even if there is nothing to deliver.
    private static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(5);

    private readonly IReactionStore _store;
    private readonly ReactionStatus _status;
    private readonly ILogger _log;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<EntityKey, ReactionLane> _lanes = [];
    // Up to which number the events of a source without a lane are delivered. Of the reading thread alone.
    private readonly Dictionary<EntityKey, long> _putAway = [];
    private readonly ConcurrentDictionary<ReactionLane, byte> _changed = [];
    private readonly Lock _gate = new();
    private readonly Queue<ReadTogether> _batches = [];
    private readonly SemaphoreSlim _room = new(MostWaiting, MostWaiting);
    private readonly SemaphoreSlim _reading = new(MostReading, MostReading);
    private readonly IReactionJournal _journal;
    private readonly Action _settled;
    private long _position;
    private long _savedPosition;

    public ReactionRun(
        IReactionJournal journal,
        IReactionStore store,
        IEntities entities,
        ReactionTable table,
        ReactionStatus status,
        TimeProvider clock,
        ILogger log,
        ReactionState saved,
        Action settled,
        CancellationToken end)
    {
        (_journal, _store, Entities, Table, _status, Clock, _log, End) = (journal, store, entities, table, status, clock, log, end);
        (_position, _savedPosition, _settled) = (saved.Position, saved.Position, settled);
        Timers = new DueTimers(entities, clock, log);
        Timers.Load(saved.Due);
        foreach (var progress in saved.Progress)
        {
            _putAway[progress.Key] = progress.Number;
            if (progress.StalledBecause is not null)
                LaneOf(progress.Key).CatchUp();
        }
    }

    public IEntities Entities { get; }

    public ReactionTable Table { get; }

    public TimeProvider Clock { get; }

    public DueTimers Timers { get; }

    /// <summary>When it is to end.</summary>
    public CancellationToken End { get; }

    /// <summary>Fails when a source can't go on because the journal fails.</summary>
    public Task Failed => _failed.Task;

    public async Task ReadAsync()
    {
        await foreach (var (entries, position) in _journal.ReadAsync(_position, End))
        {
            var batch = new ReadTogether(position, entries.Count);
            lock (_gate)
                _batches.Enqueue(batch);
            foreach (var entry in entries)
            {
                await _room.WaitAsync(End);
                _status.AddWaiting(1);
                LaneOf(entry.Key).Take(entry, batch);
            }

            if (entries.Count == 0)
                Advance();
            if (_lanes.Count > EnoughLanes)
                PutAwayIdle();
        }
    }

    public async Task SaveRegularlyAsync()
    {
        var began = Clock.GetTimestamp();
        for (var isSettled = false; ;)
        {
            await Task.Delay(SaveInterval, Clock, End);
            await SaveAsync(End);
            if (isSettled || Clock.GetElapsedTime(began) < SettledAfter)
                continue;
            isSettled = true;
            _settled();
        }
    }

    public async Task SaveAsync(CancellationToken cancel)
    {
        // The position first: whatever was stalled before it moved on is among the changes.
        var position = Volatile.Read(ref _position);
        var changed = _changed.Keys;
        foreach (var lane in changed)
            _changed.TryRemove(lane, out _);
        var due = Timers.TakeUnsaved();
        if (position == _savedPosition && changed.Count == 0 && due.Count == 0)
            return;
        try
        {
            await _store.SaveAsync(new ReactionState(position, [.. changed.Select(lane => lane.Progress)], due), cancel);
        }
        catch
        {
            // The next save's position may be further, and rest on these.
            foreach (var lane in changed)
                Changed(lane);
            Timers.PutBack(due);
            throw;
        }

        _savedPosition = position;
        _settled();
    }

    /// <inheritdoc cref="IReactionJournal.ReadEntityAsync"/>
    public async Task<IReadOnlyList<JournalEntry>> ReadEntityAsync(EntityKey key, long number)
    {
        await _reading.WaitAsync(End);
        try
        {
            return await _journal.ReadEntityAsync(key, number, End);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Waits for what is being delivered.</summary>
    public Task LanesAsync() => Task.WhenAll(_lanes.Values.Select(lane => lane.Working));

    public void Dispose()
    {
        _room.Dispose();
        _reading.Dispose();
        Timers.Dispose();
    }

    public void Changed(ReactionLane lane) => _changed[lane] = 0;

    /// <summary>An event of the batch is delivered, or named as stalled.</summary>
    public void Done(ReadTogether batch)
    {
        _status.AddWaiting(-1);
        _room.Release();
        if (batch.OneLess())
            Advance();
    }

    public void Fail(Exception failure) => _failed.TrySetException(failure);

    public void Stalled(EntityKey key, long number, string because, Exception? cause)
    {
        if (_status.Stalled.GetValueOrDefault(key) != because)
            LogStalled(cause, key, number, because);
        _status.Stall(key, because);
    }

    public void GoesOn(EntityKey key, long number)
    {
        if (!_status.Stalled.ContainsKey(key))
            return;
        _status.GoesOn(key);
        LogGoesOn(key, number);
    }

    private ReactionLane LaneOf(EntityKey key)
    {
        if (_lanes.TryGetValue(key, out var lane))
            return lane;
        lane = new ReactionLane(key, this);
        if (_putAway.Remove(key, out var delivered))
            lane.Start(delivered);
        _lanes[key] = lane;
        return lane;
    }

    // What a lane has not saved yet is its own.
    private void PutAwayIdle()
    {
        foreach (var (key, lane) in _lanes)
        {
            if (_changed.ContainsKey(lane) || !lane.IsIdle(out var delivered))
                continue;
            _putAway[key] = delivered;
            _lanes.TryRemove(key, out _);
        }
    }

    private void Advance()
    {
        lock (_gate)
        {
            while (_batches.TryPeek(out var first) && first.IsDone)
            {
                Volatile.Write(ref _position, Math.Max(_position, first.Position));
                _batches.Dequeue();
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "What follows from events of {Entity} after event {Number} is stalled. Reactions of others go on. {Because}")]
    private partial void LogStalled(Exception? cause, EntityKey entity, long number, string because);

    [LoggerMessage(Level = LogLevel.Information, Message = "What follows from events of {Entity} is delivered again, from event {Number} on.")]
    private partial void LogGoesOn(EntityKey entity, long number);

    /// <summary>Events that were read together, and where reading goes on once each of them is done.</summary>
    internal sealed class ReadTogether(long position, int count)
    {
        private int _left = count;

        public long Position => position;

        public bool IsDone => Volatile.Read(ref _left) == 0;

        /// <returns>Whether it was the last one.</returns>
        public bool OneLess() => Interlocked.Decrement(ref _left) == 0;
    }
}
