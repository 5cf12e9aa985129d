using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Entities;

/// <summary>
/// One entity in memory. Whoever asks decides at once, under the entity's lock; only writing is left to
/// <see cref="JournalWriter"/>. Once retired it is dead, and a new one recovers from the journal.
/// </summary>
internal sealed class LiveEntity(EntityKind kind, IEntity entity, RecoveredFrom recovered)
{
    private readonly Lock _gate = new();
    private readonly GroupCommit<Event, PendingReply> _commit = new();
    private readonly TracesWaiting _traces = new();
    private readonly WriteSpan _span = new(new EntityKey(kind, entity.Id));
    private SnapshotSchedule _snapshots = new(recovered);
    private long _sequenceNumber = recovered.SequenceNumber;
    private long _lastAskedTicks = Environment.TickCount64;
    private bool _queued;
    private bool _retired;

    public EntityKey Key => new(kind, entity.Id);

    /// <summary>Decides, unless this is no longer the entity's writer.</summary>
    /// <param name="writable">The journal takes writes; while it does not, what would need one is unavailable.</param>
    /// <param name="wantsWrite">The caller must hand the entity to the <see cref="JournalWriter"/>.</param>
    public bool TryAsk(Command command, TimeProvider clock, bool writable, out ValueTask<Reply> reply, out bool wantsWrite)
    {
        wantsWrite = false;
        lock (_gate)
        {
            if (_retired)
            {
                reply = default;
                return false;
            }

            _lastAskedTicks = Environment.TickCount64;
            // Read under the lock, so that times run with tickets.
            var decision = entity.Decide(command, Timestamp.From(clock.GetUtcNow()));
            if (decision.Event is null)
            {
                if (_commit.Idle)
                {
                    reply = new(decision.Reply);
                    return true;
                }

                var waiting = new PendingReply(decision.Reply);
                reply = waiting.Task;
                _commit.Wait(waiting);
                return true;
            }

            if (!writable)
            {
                reply = new(kind.Unavailable);
                return true;
            }

            entity.Evolve(decision.Event);
            var pending = new PendingReply(decision.Reply);
            reply = pending.Task;
            _commit.Add(decision.Event, pending);
            _traces.Add(CouponTraces.OfThisRequest);
            wantsWrite = !_queued && !_commit.Writing;
            _queued |= wantsWrite;
            return true;
        }
    }

    /// <summary>Begins a write of all that has gathered; none if there is nothing, or the entity is retired.</summary>
    public bool TryBegin(out JournalWrite write, out SnapshotToSave? snapshot)
    {
        lock (_gate)
        {
            _queued = false;
            write = default;
            snapshot = null;
            if (_retired || !_commit.CanBegin)
                return false;
            var events = kind.Coalesce(_commit.Begin());
            write = new(Key, _sequenceNumber + 1, events, _span.Begin(_traces.Take()));
            _sequenceNumber += events.Count;
            // Everything decided is in this write, so the state is what the journal will hold when the write is durable.
            if (_snapshots.IsDueAfter(events.Count, entity.Weight))
                snapshot = new(Key, _sequenceNumber, entity.TakeSnapshot());
            return true;
        }
    }

    /// <summary>The write is durable: its replies go to <paramref name="released"/>. True if more has gathered, which the caller must write.</summary>
    public bool Committed(List<PendingReply> released)
    {
        lock (_gate)
        {
            if (_retired)
                return false;
            _commit.Committed(released);
            _span.End(durable: true);
            return _queued = _commit.CanBegin;
        }
    }

    /// <summary>A write failed or timed out: the state is thrown away and all who wait go to <paramref name="unknown"/>, to be told so.</summary>
    public void Fail(List<PendingReply> unknown)
    {
        lock (_gate)
        {
            _retired = true;
            var first = unknown.Count;
            _commit.Failed(unknown);
            for (var i = first; i < unknown.Count; i++)
                unknown[i].Reply = kind.OutcomeUnknown;
            _span.End(durable: false);
        }
    }

    /// <summary>Retires the entity if nothing is pending and nobody has asked for <paramref name="idle"/>, or it does not exist.</summary>
    public bool TryRetire(TimeSpan idle)
    {
        lock (_gate)
        {
            if (_commit.Idle && (!entity.Exists || Environment.TickCount64 - _lastAskedTicks >= idle.TotalMilliseconds))
                _retired = true;
            return _retired;
        }
    }
}

/// <summary>A snapshot that is true once event <paramref name="SequenceNumber"/> is durable.</summary>
internal sealed record SnapshotToSave(EntityKey Key, long SequenceNumber, Snapshot Snapshot);
