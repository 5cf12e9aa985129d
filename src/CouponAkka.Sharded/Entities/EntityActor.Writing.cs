using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;

namespace CouponAkka.Sharded.Entities;

// Deciding, and the one write that is on its way.
internal partial class EntityActor
{
    private readonly GroupCommit<object, PendingAnswers> _commit = new();
    private readonly TracesWaiting _traces = new();
    private readonly WriteSpan _span;
    private SnapshotSchedule _snapshots;
    private long _write;
    private long _began = Stopwatch.GetTimestamp();
    private TimeSpan _writeBegan;
    private long _lastDurable;
    private bool _fencing;
    private bool _watched;

    protected void Answer(IEntityRequest request, IActorRef asker)
    {
        // The next writer may be answering already.
        if (_handingOver)
        {
            TellUnavailable(asker, request);
            return;
        }

        if (MustWait(request, asker))
            return;
        var decided = _lease.Moment(Now);
        var now = Timestamp.From(_settings.Clock.GetUtcNow());
        var commands = request.Commands;
        var replies = request.NewReplies();
        var hasEvents = false;
        for (var i = 0; i < replies.Length; i++)
        {
            var decision = Entity.Decide(commands[i], now);
            replies[i] = decision.Reply;
            if (decision.Event is null)
                continue;
            Entity.Evolve(decision.Event);
            _commit.Add(decision.Event);
            hasEvents = true;
        }

        var answers = new PendingAnswers(asker, request, replies, decided, hasEvents);
        if (!_commit.Idle)
        {
            _commit.Wait(answers);
            // What decided nothing may wait for a write that has begun; the next one would not be its own.
            if (hasEvents)
                _traces.Add(request.TraceParents);
            BeginWrite();
            return;
        }

        if (!_lease.Covers(decided))
        {
            _lease.Wait(decided, answers);
            Release();
            return;
        }

        answers.Tell(Self, IsClosed);
        // Sooner than it is needed, so that nobody waits for it while many ask.
        if (!IsLeaseYoung)
            Check();
    }

    private void BeginWrite()
    {
        if (!_commit.CanBegin)
            return;
        // Nothing is added to a journal that may have lost its end.
        if (!_compared)
        {
            Check();
            return;
        }

        var events = ToWrite(_commit.Begin(), _span.Begin(_traces.Take()));
        _write++;
        _began = Stopwatch.GetTimestamp();
        _writeBegan = _lease.Moment(Now);
        WatchWrite();
        // Everything decided is in this write, so the state is what the journal will hold when the write is durable.
        var snapshot = !_handingOver && _snapshots.IsDueAfter(events.Count, Entity.Weight) && Entity.Exists ? Entity.TakeSnapshot() : null;
        var left = events.Count;
        PersistAllAsync(events, written =>
        {
            OnDurable(LastSequenceNr, written is TracedEvent traced ? traced.Happened : written as Event);
            if (--left == 0)
                Committed(snapshot);
        });
    }

    private List<object> ToWrite(IReadOnlyList<object> gathered, string? trace)
    {
        var fence = gathered[0] as WriterFence;
        if (fence is not null && gathered.Count == 1)
            return [fence];
        var events = _key.Kind.Coalesce([.. gathered.Skip(fence is null ? 0 : 1).Cast<Event>()]);
        IEnumerable<object> toWrite = trace is null ? events : events.Select(happened => _key.Kind.Traced(happened, trace));
        return fence is null ? [.. toWrite] : [fence, .. toWrite];
    }

    private void Committed(Snapshot? snapshot)
    {
        if (snapshot is not null)
            SaveSnapshot(snapshot);
        _lastDurable = LastSequenceNr;
        _settings.Durable.Reached(_key, LastSequenceNr);
        _released.Clear();
        _commit.Committed(_released);
        _span.End(durable: true);
        if (_handingOver)
        {
            Context.Stop(Self);
            return;
        }

        CouponMeter.Written(_released.Sum(answers => answers.Replies.Length), Stopwatch.GetElapsedTime(_began));
        if (_fencing && !_recovery.IsHandedOver)
            _lease.TookOver(Now);
        _fencing = false;
        _lease.Proved(_writeBegan, exists: true);
        foreach (var answers in _released)
            _lease.Wait(answers.Decided, answers);
        // First the next write, so that the disk is not idle while answers are sent.
        BeginWrite();
        Release();
    }

    // One timer at a time, however many writes there are.
    private void WatchWrite()
    {
        if (_watched)
            return;
        _watched = true;
        Timers.StartSingleTimer(nameof(WriteDeadline), new WriteDeadline(_write), _settings.WriteTimeout);
    }

    private void CheckWrite(WriteDeadline deadline)
    {
        _watched = false;
        if (!_commit.Writing)
            return;
        if (deadline.Write == _write)
        {
            Log.Error(
                "A write of {0} has taken longer than {1}. Those who waited are told that the outcome is unknown.", PersistenceId, _settings.WriteTimeout);
            Context.Stop(Self);
            return;
        }

        WatchWrite();
    }

    private sealed record WriteDeadline(long Write);
}
