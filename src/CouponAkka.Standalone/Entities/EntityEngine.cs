using System.Collections.Concurrent;
using System.Diagnostics;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Journal;
using Microsoft.Data.Sqlite;

namespace CouponAkka.Standalone.Entities;

/// <summary>Every entity of one kind in this process: recovers one when it is asked, lets it go when it is idle.</summary>
internal sealed partial class EntityEngine : IAsyncDisposable
{
    private static readonly TimeSpan IdleBeforeRetired = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<long, Lazy<Task<LiveEntity>>> _active = new();
    private readonly EntityKind _kind;
    private readonly EventJournal _journal;
    private readonly SnapshotStore _snapshots;
    private readonly JournalWriter _writer;
    private readonly TimeProvider _clock;
    private readonly ILogger<EntityEngine> _log;
    private readonly ITimer _sweep;

    public EntityEngine(
        EntityKind kind, EventJournal journal, SnapshotStore snapshots, JournalWriter writer, TimeProvider clock, ILogger<EntityEngine> log)
    {
        _kind = kind;
        _journal = journal;
        _snapshots = snapshots;
        _writer = writer;
        _clock = clock;
        _log = log;
        _sweep = clock.CreateTimer(_ => RetireIdle(IdleBeforeRetired), null, SweepInterval, SweepInterval);
    }

    public EntityKind Kind => _kind;

    /// <summary>How many are in memory.</summary>
    internal int Count => _active.Count;

    public ValueTask<Reply> AskAsync(long id, Command command) =>
        _writer.MemoryIsTrue
        && _active.TryGetValue(id, out var activating)
        && activating is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: var entity } }
        && TryAsk(entity, command, out var reply)
            ? reply
            : ActivateAndAskAsync(id, command);

    public async ValueTask DisposeAsync() => await _sweep.DisposeAsync();

    private bool TryAsk(LiveEntity entity, Command command, out ValueTask<Reply> reply)
    {
        var asked = entity.TryAsk(command, _clock, _writer.Writable, out reply, out var wantsWrite);
        if (wantsWrite)
            _writer.Enqueue(entity);
        return asked;
    }

    private async ValueTask<Reply> ActivateAndAskAsync(long id, Command command)
    {
        if (!await _writer.IsMemoryTrueAsync())
            return _kind.Unavailable;
        while (true)
        {
            var activating = _active.GetOrAdd(id, static (id, engine) => new(() => Task.Run(() => engine.Recover(id))), this);
            LiveEntity entity;
            try
            {
                entity = await activating.Value;
            }
            catch (Exception failure) when (failure
                is SqliteException or DamagedJournalException or UnreadableMessageException or InvalidEventException
                or JournalHangsException or JournalLostException)
            {
                if (Forget(id, activating))
                    LogUnrecoverable(failure, new EntityKey(_kind, id));
                return _kind.Unavailable;
            }

            if (TryAsk(entity, command, out var reply))
            {
                var answer = await reply;
                // One that does not exist is not worth remembering, however many of them are asked for.
                if (entity.TryRetire(TimeSpan.MaxValue))
                    Forget(id, activating);
                return answer;
            }

            Forget(id, activating);
        }
    }

    private LiveEntity Recover(long id)
    {
        if (_writer.Hangs)
            throw new JournalHangsException();
        var began = Stopwatch.GetTimestamp();
        var key = new EntityKey(_kind, id);
        var found = _snapshots.Find(key);
        var entity = found?.Entity ?? _kind.New(id);
        var sequenceNumber = found?.SequenceNumber ?? 0;
        var weightOfSnapshot = entity.Weight;
        var replayed = 0;
        foreach (var row in _journal.ReadEntity(key, sequenceNumber))
        {
            entity.Evolve(row.Decode(_kind));
            sequenceNumber = row.SequenceNumber;
            replayed++;
        }

        if (replayed == 0 && sequenceNumber > 0 && _journal.LastSequenceNumber(key) < sequenceNumber)
            throw new DamagedJournalException($"The snapshot of {key} holds event {sequenceNumber}, which the journal does not.");
        // It was read by the file's name, which may be another's by now.
        _journal.Check();
        CouponMeter.Recovered(Stopwatch.GetElapsedTime(began));
        return new LiveEntity(_kind, entity, new RecoveredFrom(sequenceNumber, weightOfSnapshot, replayed));
    }

    /// <summary>Lets go of every entity that nobody has asked for <paramref name="idle"/>.</summary>
    internal void RetireIdle(TimeSpan idle)
    {
        foreach (var (id, activating) in _active)
        {
            if (activating is { IsValueCreated: true, Value.IsCompletedSuccessfully: true } && activating.Value.Result.TryRetire(idle))
                Forget(id, activating);
        }
    }

    private bool Forget(long id, Lazy<Task<LiveEntity>> activating) => _active.TryRemove(new(id, activating));

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal can't recover {Entity}: it answers UNAVAILABLE.")]
    private partial void LogUnrecoverable(Exception failure, EntityKey entity);

    private sealed class JournalHangsException() : Exception("A write to the journal has not come back, so nothing can be recovered from it.");
}
