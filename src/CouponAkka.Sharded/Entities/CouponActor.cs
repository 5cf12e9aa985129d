using System.Diagnostics;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Health;
using CouponAkka.Sharded.Journal;

namespace CouponAkka.Sharded.Entities;

/// <summary>
/// One coupon: the thin shell that gives <see cref="Coupon"/> a mailbox, a clock and a journal. It decides each command at once, on
/// a state that includes what is not durable yet; <see cref="GroupCommit{TEvent,TReply}"/> keeps the answers back until it is, and
/// <see cref="WriterLease{TReply}"/> until it is certain that no other writer can have told otherwise.
/// After a write that failed or timed out it stops; the next message wakes a new one, which recovers from the journal.
/// </summary>
internal sealed class CouponActor : UntypedPersistentActor, IWithTimers
{
    private readonly long _couponId;
    private readonly CouponActorSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly GroupCommit<object, PendingAnswers> _commit = new();
    private readonly WriterLease<PendingAnswers> _lease = new();
    private readonly List<PendingAnswers> _released = [];
    private readonly TracesWaiting _traces = new();
    private readonly WriteSpan _span;
    private readonly Followers _followers;
    private readonly List<(IActorRef Asker, CouponRequest Request)> _askedEarly = [];
    private readonly List<(IActorRef Asker, CouponRequest Request)> _deferred = [];
    private readonly List<(IActorRef Asker, FollowCoupon Follow)> _following = [];
    private Coupon _coupon;
    private SnapshotSchedule _snapshots;
    private long _lastRecovered;
    private long _issuedInSnapshot;
    private int _eventsReplayed;
    private long _write;
    private long _began = Stopwatch.GetTimestamp();
    private TimeSpan _writeBegan;
    private long _lastFence;
    private long _lastDurable;
    private bool _handedOver;
    private bool _offered;
    private bool _recovered;
    private bool _compared;
    private bool _checking;
    private bool _fencing;
    private bool _handingOver;
    private bool _waitingOut;
    private bool _watched;
    private bool _stopping;

    public CouponActor(long couponId, CouponActorSettings settings)
    {
        _couponId = couponId;
        _settings = settings;
        _coupon = new Coupon(couponId);
        _span = new WriteSpan(couponId);
        _followers = new Followers(settings.Clock);
        PersistenceId = PersistenceIds.Of(couponId);
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(long couponId, CouponActorSettings settings) => Akka.Actor.Props.Create(() => new CouponActor(couponId, settings));

    private TimeSpan Now => _settings.Clock.GetElapsedTime(0);

    /// <summary>Stops all coupons of the process at once, written or not; those who wait are told.</summary>
    public static void StopAll(ActorSystem system) => system.ActorSelection($"/system/sharding/{CouponCluster.ShardTypeName}/*/*").Tell(PoisonPill.Instance);

    // Who asks while it recovers is remembered, for it may fail.
    protected override bool AroundReceive(Receive receive, object message)
    {
        if (!_recovered && message is CouponRequest request)
            _askedEarly.Add((Sender, request));
        return base.AroundReceive(receive, message);
    }

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case CouponEvent happened:
                RequireNext();
                _coupon.Evolve(happened);
                _handedOver = false;
                // Who creates a coupon is its writer too, and needs no fence.
                if (happened is CouponCreated)
                    _lastFence = LastSequenceNr;
                break;
            case WriterFence fence:
                RequireNext();
                _handedOver = fence.IsHandedOver;
                if (!_handedOver)
                    _lastFence = LastSequenceNr;
                break;
            case SnapshotOffer { Snapshot: CouponSnapshot snapshot, Metadata: var metadata }:
                _coupon = Coupon.From(snapshot with { Coupon = snapshot.Coupon with { CouponId = _couponId } });
                _issuedInSnapshot = _coupon.IssuedQuantity;
                _lastRecovered = metadata.SequenceNr;
                // It may hide a fence.
                _lastFence = metadata.SequenceNr;
                _offered = true;
                break;
            case RecoveryCompleted when _settings.Durable.Of(_couponId) is { } durable && durable > LastSequenceNr:
                _settings.Unrecoverable.Failed(_couponId, $"Its journal ends with event {LastSequenceNr}, but here event {durable} was acknowledged.");
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
            case CouponRequest request:
                Answer(request, Sender);
                break;
            case FollowCoupon follow:
                Follow(follow, Sender);
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
            case LeasesOver:
                AnswerDeferred();
                break;
            case SnapshotEncoded encoded:
                _followers.Encoded(encoded);
                Timers.StartPeriodicTimer(nameof(ForgetSnapshot), ForgetSnapshot.Instance, Followers.SnapshotKept);
                break;
            case SnapshotNotEncoded failure:
                _log.Error(failure.Cause, "{0} can't be made a snapshot for edges, so they ask it.", PersistenceId);
                _followers.NotEncoded();
                break;
            case ForgetSnapshot:
                if (_followers.ForgetSnapshot())
                    Timers.Cancel(nameof(ForgetSnapshot));
                break;
            case WriteDeadline deadline:
                CheckWrite(deadline);
                break;
            case StopCoupon:
                _stopping = true;
                StopWhenIdle();
                break;
            case SaveSnapshotSuccess saved:
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failure:
                _log.Warning(failure.Cause, "A snapshot of {0} can't be saved; it recovers from more events instead.", PersistenceId);
                break;
            case DeleteSnapshotsFailure failure:
                _log.Warning(failure.Cause, "Old snapshots of {0} can't be deleted.", PersistenceId);
                break;
            case DeleteSnapshotsSuccess:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        // Whatever it was, what stands in the journal is unknown now. Akka stops the actor; PostStop tells those who wait.
        _log.Error(cause, "A write of {0}, event {1}, failed. Those who waited are told that the outcome is unknown.", PersistenceId, sequenceNr);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "The journal rejected {0}, event {1}. Those who waited are told that the outcome is unknown.", PersistenceId, sequenceNr);
        Context.Stop(Self);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _log.Error(reason, "{0} can't be recovered from the journal after event {1}, so it does not answer.", PersistenceId, _lastRecovered);
        // A database that can't be reached may be there again in a moment. An event does not change.
        if (IsOfTheEvents(reason))
            _settings.Unrecoverable.Failed(_couponId, $"After event {_lastRecovered} it can't be recovered: {reason.GetBaseException().Message}");
    }

    // However it ends, those who wait are told, and nothing that was decided and not written is remembered.
    protected override void PostStop()
    {
        var wrote = _commit.Writing;
        // The mark is told to nobody.
        if (wrote && !_handingOver)
            CouponMeter.WriteFailed();
        // As long as its fence is not durable it has answered nobody, so what it knew of the one before is true of itself.
        if (_coupon.Exists && (_fencing ? _handedOver : _lease.HeldFor(Now) <= TimeSpan.Zero))
            _settings.Stopped.Stopped(_couponId, _lastDurable);
        _span.End(durable: false);
        _released.Clear();
        _lease.Failed(_released);
        foreach (var waiting in _released)
        {
            if (waiting.HasEvents)
                waiting.TellLost(Self);
            else
                waiting.TellUnavailable(Self);
        }

        _released.Clear();
        _commit.Failed(_released);
        foreach (var waiting in _released)
        {
            if (wrote)
                waiting.TellLost(Self);
            else
                waiting.TellUnavailable(Self);
        }

        foreach (var (asker, request) in _askedEarly.Concat(_deferred))
            asker.Tell(CouponAnswers.Unavailable(request), Self);
        base.PostStop();
    }

    private void Recovered()
    {
        _recovered = true;
        _lastDurable = LastSequenceNr;
        _askedEarly.Clear();
        _snapshots = new SnapshotSchedule(new RecoveredFrom(LastSequenceNr, _issuedInSnapshot, _eventsReplayed));
        _followers.Recovered();
        CouponMeter.Recovered(Stopwatch.GetElapsedTime(_began));
        // A coupon that does not exist is compared when it is asked: what was decided before that, it proves.
        if (!_coupon.Exists && LastSequenceNr == 0)
            return;
        // It was the process's own: that it has stopped is certain, and that nobody came between.
        if (_settings.Stopped.Take(_couponId) is { } last && _lastFence <= last && last <= LastSequenceNr)
            _handedOver = true;
        _fencing = true;
        _commit.Add(WriterFence.Instance);
        BeginWrite();
    }

    private void RequireNext()
    {
        if (LastSequenceNr != _lastRecovered + 1)
            throw new InvalidEventException($"Coupon {_couponId}: event {_lastRecovered + 1} is missing from the journal.");
        _lastRecovered = LastSequenceNr;
        _eventsReplayed++;
    }

    private void Answer(CouponRequest request, IActorRef asker)
    {
        // The next writer may be answering already.
        if (_handingOver)
        {
            asker.Tell(CouponAnswers.Unavailable(request), Self);
            return;
        }

        if (MustWait(request, asker))
            return;
        var decided = _lease.Moment(Now);
        var now = Timestamp.From(_settings.Clock.GetUtcNow());
        var replies = new CouponReply[request.Commands.Count];
        var hasEvents = false;
        for (var i = 0; i < replies.Length; i++)
        {
            var decision = _coupon.Decide(request.Commands[i], now);
            replies[i] = decision.Reply;
            if (decision.Event is null)
                continue;
            _coupon.Evolve(decision.Event);
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

        answers.Tell(Self, closed: _followers.AreWelcome(_coupon));
        // Sooner than it is needed, so that nobody waits for it while many ask.
        if (!IsYoung)
            Check();
    }

    // What a change waits for, and what its asker sends after it, so that an answer to that never comes first.
    private bool MustWait(CouponRequest request, IActorRef asker)
    {
        var wait = _followers.MustWait(request);
        if (wait is null && (_deferred.Count == 0 || _deferred.TrueForAll(deferred => !deferred.Asker.Equals(asker))))
            return false;
        _deferred.Add((asker, request));
        if (wait is { } left)
            Timers.StartSingleTimer(nameof(LeasesOver), LeasesOver.Instance, left);
        return true;
    }

    private void AnswerDeferred()
    {
        var deferred = _deferred.ToArray();
        _deferred.Clear();
        foreach (var (asker, request) in deferred)
            Answer(request, asker);
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

        var events = Coalesce(_commit.Begin(), _span.Begin(_traces.Take()));
        _write++;
        _began = Stopwatch.GetTimestamp();
        _writeBegan = _lease.Moment(Now);
        WatchWrite();
        CouponSnapshot? snapshot = null;
        // Everything decided is in this write, so the state is what the journal will hold when the write is durable.
        if (!_handingOver && _snapshots.IsDueAfter(events.Count, _coupon.IssuedQuantity) && _coupon.Exists)
            snapshot = _coupon.TakeSnapshot();
        var left = events.Count;
        PersistAllAsync(events, written =>
        {
            _followers.Happened(LastSequenceNr, written is TracedEvent traced ? traced.Event : written as CouponEvent);
            if (--left == 0)
                Committed(snapshot);
        });
    }

    private void Committed(CouponSnapshot? snapshot)
    {
        if (snapshot is not null)
            SaveSnapshot(snapshot);
        _lastDurable = LastSequenceNr;
        ReachedDurably();
        _released.Clear();
        _commit.Committed(_released);
        _span.End(durable: true);
        if (_handingOver)
        {
            Context.Stop(Self);
            return;
        }

        CouponMeter.Written(_released.Sum(answers => answers.Replies.Length), Stopwatch.GetElapsedTime(_began));
        if (_fencing && !_handedOver)
            _lease.TookOver(Now);
        _fencing = false;
        _lease.Proved(_writeBegan, exists: true);
        foreach (var answers in _released)
            _lease.Wait(answers.Decided, answers);
        // First the next write, so that the disk is not idle while answers are sent.
        BeginWrite();
        Release();
    }

    /// <summary>Answers whoever may be answered now, and has proved what the others wait for.</summary>
    private void Release()
    {
        _released.Clear();
        _lease.Release(Now, _released);
        var closed = _released.Count > 0 && _commit.Idle && _followers.AreWelcome(_coupon);
        foreach (var answers in _released)
            answers.Tell(Self, closed);
        if (_lease.NeedsProof)
            Check();
        if (!_waitingOut && _lease.Waiting && _lease.HeldFor(Now) is { Ticks: > 0 } held)
        {
            _waitingOut = true;
            Timers.StartSingleTimer(nameof(WaitedOut), WaitedOut.Instance, held + TimeSpan.FromMilliseconds(1));
        }

        // A coupon that does not exist is not worth remembering, however many of them are asked for.
        if (_released.Count > 0 && !_coupon.Exists && !_lease.Waiting)
            Context.Parent.Tell(new Passivate(StopCoupon.Instance));
        StopWhenIdle();
    }

    private bool IsYoung => _lease.Left(Now) > WriterLease.Length / 2;

    // One at a time: whoever asks meanwhile waits for the same, or together for the next. A write that is on its way tells as much.
    private void Check()
    {
        if (_checking || _commit.Writing || _handingOver)
            return;
        _checking = true;
        var (last, write, began) = (LastSequenceNr, _write, _lease.Moment(Now));
        _settings.Ends.ReadAsync(_couponId).WaitAsync(_settings.WriteTimeout).PipeTo(
            Self, success: end => new JournalChecked(end, last, write, began), failure: cause => new JournalNotChecked(cause, write));
    }

    private void Checked(JournalChecked check)
    {
        _checking = false;
        var end = check.End;
        if (Math.Max(check.Last, Math.Max(end.Projected, end.InSnapshot)) is var known && end.Last < known)
        {
            _settings.Unrecoverable.Failed(_couponId, $"Its journal ends with event {end.Last}, but {Witness(check, known)} knows event {known}.");
            Context.Stop(Self);
            return;
        }

        // Unless it is what has been written here meanwhile, which will tell by itself.
        if (end.Last > check.Last && check.Write == _write)
        {
            _log.Warning("{0} has another writer: its journal ends with event {1}, and here with {2}. Those who waited are told that the coupon is unavailable.", PersistenceId, end.Last, check.Last);
            Context.Stop(Self);
            return;
        }

        if (end.Last == check.Last)
            _lease.Proved(check.Began, exists: check.Last > 0);
        if (!_compared)
            Compared(end);
        BeginWrite();
        foreach (var (asker, follow) in _following)
            AnswerFollower(follow, asker);
        _following.Clear();
        Release();
    }

    private void NotChecked(JournalNotChecked failure)
    {
        _checking = false;
        // A write that has been begun since tells as much.
        if (failure.Write != _write)
        {
            Release();
            return;
        }

        _log.Error(
            failure.Cause, "Whether {0} still ends with event {1} can't be read. Those who waited are told that the coupon is unavailable.", PersistenceId, LastSequenceNr);
        Context.Stop(Self);
    }

    private static string Witness(JournalChecked check, long known) =>
        known == check.Last ? "the coupon" : known == check.End.InSnapshot ? "its snapshot" : "the read model";

    private void Compared(JournalEnd end)
    {
        _compared = true;
        _settings.Unrecoverable.Recovered(_couponId);
        if (end.InSnapshot > 0 && !_offered)
        {
            _log.Error(
                "The snapshot of {0} as of event {1} can't be read, so it has been recovered from all of its {2} events. The next snapshot replaces it.",
                PersistenceId, end.InSnapshot, LastSequenceNr);
        }
    }

    private void ReachedDurably()
    {
        if (LastSequenceNr > 0)
            _settings.Durable.Reached(_couponId, LastSequenceNr);
    }

    private void StopWhenIdle()
    {
        if (!_stopping || _handingOver || !_commit.Idle || _lease.Waiting)
            return;
        foreach (var (asker, request) in _deferred)
            asker.Tell(CouponAnswers.Unavailable(request), Self);
        _deferred.Clear();
        // Who does not wait any more for the writer before may tell the next one that it need not either.
        if (!_compared || !_coupon.Exists || _lease.HeldFor(Now) > TimeSpan.Zero)
        {
            Context.Stop(Self);
            return;
        }

        _handingOver = true;
        _commit.Add(WriterFence.HandedOver);
        BeginWrite();
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
            _log.Error("A write of {0} has taken longer than {1}. Those who waited are told that the outcome is unknown.", PersistenceId, _settings.WriteTimeout);
            Context.Stop(Self);
            return;
        }

        WatchWrite();
    }

    // A lease that is nearly over is not worth passing on.
    private void Follow(FollowCoupon follow, IActorRef asker)
    {
        if (_coupon.Exists && _commit.Idle && !_handingOver && !IsYoung)
        {
            _following.Add((asker, follow));
            Check();
            return;
        }

        AnswerFollower(follow, asker);
    }

    private void AnswerFollower(FollowCoupon follow, IActorRef asker)
    {
        var answer = _commit.Idle && !_handingOver
            ? _followers.Answer(follow, _coupon, LastSequenceNr, _lease.Left(Now))
            : new FollowedCoupon(follow.CouponId, follow.Number);
        if (answer is not null)
        {
            asker.Tell(answer, Self);
            return;
        }

        // Encoding a million holders takes a tenth of a second, in which the coupon goes on.
        var snapshot = _coupon.TakeSnapshot();
        var sequenceNumber = LastSequenceNr;
        Task.Run(() => new SnapshotEncoded(sequenceNumber, CouponSnapshotCodec.Encode(snapshot)))
            .PipeTo(Self, failure: cause => new SnapshotNotEncoded(cause));
        asker.Tell(new FollowedCoupon(follow.CouponId, follow.Number), Self);
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

    private static List<object> Coalesce(IReadOnlyList<object> gathered, string? trace)
    {
        var fence = gathered[0] as WriterFence;
        var events = CouponEvent.Coalesce([.. gathered.Skip(fence is null ? 0 : 1).Cast<CouponEvent>()]);
        IEnumerable<object> toWrite = trace is null ? events : events.Select(happened => new TracedEvent(happened, trace));
        return fence is null ? [.. toWrite] : [fence, .. toWrite];
    }

    private sealed record WriteDeadline(long Write);

    /// <param name="Last">The number of the last event here, when the check was begun.</param>
    /// <param name="Write">The last write that had been begun then.</param>
    private sealed record JournalChecked(JournalEnd End, long Last, long Write, TimeSpan Began);

    private sealed record JournalNotChecked(Exception Cause, long Write);

    private sealed class WaitedOut
    {
        public static readonly WaitedOut Instance = new();
    }

    private sealed class LeasesOver
    {
        public static readonly LeasesOver Instance = new();
    }

    private sealed class ForgetSnapshot
    {
        public static readonly ForgetSnapshot Instance = new();
    }
}

/// <summary>What every coupon's actor is given.</summary>
/// <param name="WriteTimeout">How long a write may take before those who wait are told that its outcome is unknown; and a check of where the journal ends.</param>
/// <param name="Durable">What this process has seen durable: a journal that holds less is not the one that told it.</param>
internal sealed record CouponActorSettings(
    TimeProvider Clock, TimeSpan WriteTimeout, IJournalEnds Ends, UnrecoverableCoupons Unrecoverable, StoppedWriters Stopped, DurableNumbers Durable);

/// <summary>Asks a coupon's actor to stop as soon as nothing is pending: for passivation and for hand-over to another node.</summary>
internal sealed class StopCoupon
{
    public static readonly StopCoupon Instance = new();
}
