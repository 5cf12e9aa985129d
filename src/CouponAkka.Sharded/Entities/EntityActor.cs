using System.Diagnostics;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Entities;

/// <summary>
/// One entity: the thin shell that gives <see cref="IEntity"/> a mailbox, a clock and a journal. It decides each command at once, on
/// a state that includes what is not durable yet; <see cref="GroupCommit{TEvent,TReply}"/> keeps the answers back until it is, and
/// <see cref="WriterLease{TReply}"/> until it is certain that no other writer can have told otherwise.
/// After a write that failed or timed out it stops; the next message wakes a new one, which recovers from the journal.
/// </summary>
internal partial class EntityActor : UntypedPersistentActor, IWithTimers
{
    private readonly EntityKey _key;
    private readonly EntityActorSettings _settings;
    private readonly EntityRecovery _recovery;
    private readonly List<(IActorRef Asker, IEntityRequest Request)> _askedEarly = [];
    private bool _recovered;

    public EntityActor(EntityKey key, EntityActorSettings settings)
    {
        _key = key;
        _settings = settings;
        _recovery = new EntityRecovery(key);
        _span = new WriteSpan(key);
        PersistenceId = PersistenceIds.Of(key);
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>With all that is decided, durable or not.</summary>
    protected IEntity Entity => _recovery.Entity;

    /// <summary>All that is decided is durable, and it is this writer's to tell.</summary>
    protected bool IsIdle => _commit.Idle && !_handingOver;

    /// <summary>Whether edges should be told that the entity is worth following. Asked only while nothing is pending.</summary>
    protected virtual bool IsClosed => false;

    public static Props Props(EntityKey key, EntityActorSettings settings) => Akka.Actor.Props.Create(() => new EntityActor(key, settings));

    /// <summary>Stops all entities of the process at once, written or not; those who wait are told.</summary>
    public static void StopAll(ActorSystem system)
    {
        foreach (var kind in ClusterSharding.Get(system).ShardTypeNames)
            system.ActorSelection($"/system/sharding/{kind}/*/*").Tell(PoisonPill.Instance);
    }

    /// <summary>The entity is recovered, and has not answered anybody.</summary>
    protected virtual void OnRecovered()
    {
    }

    /// <summary>Whether the request may not be decided now, but later, by <see cref="Answer"/>.</summary>
    protected virtual bool MustWait(IEntityRequest request, IActorRef asker) => false;

    /// <summary>An event is durable.</summary>
    /// <param name="happened">Null for one that changes nothing.</param>
    protected virtual void OnDurable(long sequenceNumber, Event? happened)
    {
    }

    /// <summary>A check that was begun by <see cref="Check"/> is done, and the entity lives on.</summary>
    protected virtual void OnChecked()
    {
    }

    /// <summary>It ends: whoever <see cref="MustWait"/> kept waiting is told so.</summary>
    protected virtual void GiveUpWaiting()
    {
    }

    protected void TellUnavailable(IActorRef asker, IEntityRequest request) => PendingAnswers.TellUnavailable(_key.Kind, asker, request, Self);

    // Who asks while it recovers is remembered, for it may fail.
    protected sealed override bool AroundReceive(Receive receive, object message)
    {
        if (!_recovered && message is IEntityRequest request)
            _askedEarly.Add((Sender, request));
        return base.AroundReceive(receive, message);
    }

    protected sealed override void OnRecover(object message)
    {
        switch (message)
        {
            case Event happened:
                _recovery.Take(happened, LastSequenceNr);
                break;
            case WriterFence fence:
                _recovery.Take(fence, LastSequenceNr);
                break;
            case SnapshotOffer { Snapshot: Snapshot snapshot, Metadata: var metadata }:
                _recovery.Take(snapshot, metadata.SequenceNr);
                break;
            case RecoveryCompleted when _settings.Durable.Of(_key) is var durable && durable > LastSequenceNr:
                _settings.Unrecoverable.Failed(_key, $"Its journal ends with event {LastSequenceNr}, but here event {durable} was acknowledged.");
                Context.Stop(Self);
                break;
            case RecoveryCompleted:
                Recovered();
                break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case IEntityRequest request:
                Answer(request, Sender);
                break;
            case JournalChecked check:
                Checked(check);
                break;
            case JournalNotChecked failure:
                NotChecked(failure);
                break;
            case WaitedOut:
                _waitingOut = false;
                Release();
                break;
            case WriteDeadline deadline:
                CheckWrite(deadline);
                break;
            case StopEntity:
                _stopping = true;
                StopWhenIdle();
                break;
            case SaveSnapshotSuccess saved:
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failure:
                Log.Warning(failure.Cause, "A snapshot of {0} can't be saved; it recovers from more events instead.", PersistenceId);
                break;
            case DeleteSnapshotsFailure failure:
                Log.Warning(failure.Cause, "Old snapshots of {0} can't be deleted.", PersistenceId);
                break;
            case DeleteSnapshotsSuccess:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected sealed override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        // Whatever it was, what stands in the journal is unknown now. Akka stops the actor; PostStop tells those who wait.
        Log.Error(cause, "A write of {0}, event {1}, failed. Those who waited are told that the outcome is unknown.", PersistenceId, sequenceNr);

    protected sealed override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Log.Error(cause, "The journal rejected {0}, event {1}. Those who waited are told that the outcome is unknown.", PersistenceId, sequenceNr);
        Context.Stop(Self);
    }

    protected sealed override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        Log.Error(reason, "{0} can't be recovered from the journal after event {1}, so it does not answer.", PersistenceId, _recovery.Last);
        // A database that can't be reached may be there again in a moment. An event does not change.
        if (IsOfTheEvents(reason))
            _settings.Unrecoverable.Failed(_key, $"After event {_recovery.Last} it can't be recovered: {reason.GetBaseException().Message}");
    }

    // However it ends, those who wait are told, and nothing that was decided and not written is remembered.
    protected sealed override void PostStop()
    {
        var wrote = _commit.Writing;
        // The mark is told to nobody.
        if (wrote && !_handingOver)
            CouponMeter.WriteFailed();
        // As long as its fence is not durable it has answered nobody, so what it knew of the one before is true of itself.
        if (Entity.Exists && (_fencing ? _recovery.IsHandedOver : _lease.HeldFor(Now) <= TimeSpan.Zero))
            _settings.Stopped.Stopped(_key, _lastDurable);
        _span.End(durable: false);
        _released.Clear();
        _lease.Failed(_released);
        foreach (var waiting in _released)
            waiting.TellGivenUp(_key.Kind, mayHaveLanded: waiting.HasEvents, Self);
        _released.Clear();
        _commit.Failed(_released);
        foreach (var waiting in _released)
            waiting.TellGivenUp(_key.Kind, mayHaveLanded: wrote, Self);
        foreach (var (asker, request) in _askedEarly)
            TellUnavailable(asker, request);
        GiveUpWaiting();
        base.PostStop();
    }

    private void Recovered()
    {
        _recovered = true;
        _lastDurable = LastSequenceNr;
        _askedEarly.Clear();
        _snapshots = new SnapshotSchedule(_recovery.From);
        OnRecovered();
        CouponMeter.Recovered(Stopwatch.GetElapsedTime(_began));
        // One that does not exist is compared when it is asked: what was decided before that, it proves.
        if (!Entity.Exists && LastSequenceNr == 0)
            return;
        // It was the process's own: that it has stopped is certain, and that nobody came between.
        if (_settings.Stopped.Take(_key) is { } last)
            _recovery.KnowStopped(last);
        _fencing = true;
        _commit.Add(WriterFence.Instance);
        BeginWrite();
    }

    private static bool IsOfTheEvents(Exception reason)
    {
        for (var cause = reason; cause is not null; cause = cause.InnerException)
        {
            if (cause is InvalidEventException or UnreadableMessageException or SerializationException)
                return true;
        }

        return false;
    }
}
