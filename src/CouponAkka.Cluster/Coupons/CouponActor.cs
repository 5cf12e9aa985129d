using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using CouponAkka.Api.Telemetry;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Cluster.Coupons;

/// <summary>
/// One coupon: the thin shell that gives <see cref="Coupon"/> a mailbox, a clock and a journal. It decides each command at once, on
/// a state that includes what is not durable yet; <see cref="GroupCommit{TEvent,TReply}"/> keeps the answers back until it is.
/// After a write that failed or timed out it stops; the next message wakes a new one, which recovers from the journal.
/// </summary>
internal sealed class CouponActor : UntypedPersistentActor, IWithTimers
{
    private readonly long _couponId;
    private readonly CouponActorSettings _settings;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly GroupCommit<object, PendingAnswers> _commit = new();
    private readonly List<PendingAnswers> _released = [];
    private readonly TracesWaiting _traces = new();
    private readonly WriteSpan _span;
    private readonly Followers _followers;
    private Coupon _coupon;
    private SnapshotSchedule _snapshots;
    private long _lastRecovered;
    private long _issuedInSnapshot;
    private int _eventsReplayed;
    private long _write;
    private long _began = Stopwatch.GetTimestamp();
    private bool _watched;
    private bool _stopping;

    public CouponActor(long couponId, CouponActorSettings settings)
    {
        _couponId = couponId;
        _settings = settings;
        _coupon = new Coupon(couponId);
        _span = new WriteSpan(couponId);
        _followers = new Followers(settings.Clock);
        PersistenceId = Coupons.PersistenceId.Of(couponId);
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(long couponId, CouponActorSettings settings) => Akka.Actor.Props.Create(() => new CouponActor(couponId, settings));

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case CouponEvent happened:
                RequireNext();
                _coupon.Evolve(happened);
                break;
            case WriterFence:
                RequireNext();
                break;
            case SnapshotOffer { Snapshot: CouponSnapshot snapshot, Metadata: var metadata }:
                _coupon = Coupon.From(snapshot with { Coupon = snapshot.Coupon with { CouponId = _couponId } });
                _issuedInSnapshot = _coupon.IssuedQuantity;
                _lastRecovered = metadata.SequenceNr;
                break;
            case RecoveryCompleted:
                _snapshots = new SnapshotSchedule(new RecoveredFrom(LastSequenceNr, _issuedInSnapshot, _eventsReplayed));
                _followers.Recovered();
                CouponMeter.Recovered(Stopwatch.GetElapsedTime(_began));
                if (_coupon.Exists)
                    _commit.Add(WriterFence.Instance);
                BeginWrite();
                break;
        }
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case CouponRequest request:
                Answer(request);
                break;
            case FollowCoupon follow:
                Follow(follow);
                break;
            case SnapshotEncoded encoded:
                _followers.Encoded(encoded);
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

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        _log.Error(reason, "{0} can't be recovered from the journal after event {1}, so it does not answer.", PersistenceId, _lastRecovered);

    // However it ends, those who wait are told, and nothing that was decided and not written is remembered.
    protected override void PostStop()
    {
        _released.Clear();
        if (_commit.Writing)
            CouponMeter.WriteFailed();
        _span.End(durable: false);
        _commit.Failed(_released);
        foreach (var waiting in _released)
            waiting.TellUnknown(_couponId, Self);
        base.PostStop();
    }

    private void RequireNext()
    {
        if (LastSequenceNr != _lastRecovered + 1)
            throw new InvalidEventException($"Coupon {_couponId}: event {_lastRecovered + 1} is missing from the journal.");
        _lastRecovered = LastSequenceNr;
        _eventsReplayed++;
    }

    private void Answer(CouponRequest request)
    {
        if (_followers.MustWait(request) is { } wait)
        {
            Context.System.Scheduler.ScheduleTellOnce(wait, Self, request, Sender);
            return;
        }

        var now = Timestamp.From(_settings.Clock.GetUtcNow());
        var replies = new CouponReply[request.Commands.Count];
        var decided = false;
        for (var i = 0; i < replies.Length; i++)
        {
            var decision = _coupon.Decide(request.Commands[i], now);
            replies[i] = decision.Reply;
            if (decision.Event is null)
                continue;
            _coupon.Evolve(decision.Event);
            _commit.Add(decision.Event);
            decided = true;
        }

        var answers = new PendingAnswers(Sender, request.Number, replies);
        if (!_commit.Idle)
        {
            _commit.Wait(answers);
            // What decided nothing may wait for a write that has begun; the next one would not be its own.
            if (decided)
                _traces.Add(request.TraceParents);
            BeginWrite();
            return;
        }

        answers.Tell(_couponId, Self, closed: _followers.AreWelcome(_coupon));
        // A coupon that does not exist is not worth remembering, however many of them are asked for.
        if (!_coupon.Exists)
            Context.Parent.Tell(new Passivate(StopCoupon.Instance));
    }

    private void BeginWrite()
    {
        if (!_commit.CanBegin)
            return;
        var events = Coalesce(_commit.Begin(), _span.Begin(_traces.Take()));
        _write++;
        _began = Stopwatch.GetTimestamp();
        WatchWrite();
        CouponSnapshot? snapshot = null;
        // Everything decided is in this write, so the state is what the journal will hold when the write is durable.
        if (_snapshots.IsDueAfter(events.Count, _coupon.IssuedQuantity) && _coupon.Exists)
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
        _released.Clear();
        _commit.Committed(_released);
        _span.End(durable: true);
        CouponMeter.Written(_released.Sum(answers => answers.Replies.Length), Stopwatch.GetElapsedTime(_began));
        // First the next write, so that the disk is not idle while answers are sent.
        BeginWrite();
        var closed = _commit.Idle && _followers.AreWelcome(_coupon);
        foreach (var answers in _released)
            answers.Tell(_couponId, Self, closed);
        StopWhenIdle();
    }

    private void StopWhenIdle()
    {
        if (_stopping && _commit.Idle)
            Context.Stop(Self);
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

    private void Follow(FollowCoupon follow)
    {
        var answer = _commit.Idle ? _followers.Answer(follow, _coupon, LastSequenceNr) : new FollowedCoupon(follow.CouponId, follow.Number);
        if (answer is not null)
        {
            Sender.Tell(answer, Self);
            return;
        }

        // Encoding a million holders takes a tenth of a second, in which the coupon goes on.
        var snapshot = _coupon.TakeSnapshot();
        var sequenceNumber = LastSequenceNr;
        Task.Run(() => new SnapshotEncoded(sequenceNumber, CouponSnapshotCodec.Encode(snapshot))).PipeTo(Self);
        Sender.Tell(new FollowedCoupon(follow.CouponId, follow.Number), Self);
    }

    private static List<object> Coalesce(IReadOnlyList<object> gathered, string? trace)
    {
        var fence = gathered[0] as WriterFence;
        var events = CouponEvent.Coalesce([.. gathered.Skip(fence is null ? 0 : 1).Cast<CouponEvent>()]);
        IEnumerable<object> toWrite = trace is null ? events : events.Select(happened => new TracedEvent(happened, trace));
        return fence is null ? [.. toWrite] : [fence, .. toWrite];
    }

    private sealed record WriteDeadline(long Write);

    /// <summary>Answers to one request that are decided, and who waits for them.</summary>
    private readonly record struct PendingAnswers(IActorRef Asker, long Number, CouponReply[] Replies)
    {
        public void Tell(long couponId, IActorRef self, bool closed) => Asker.Tell(new CouponAnswers(couponId, Number, Replies, closed), self);

        public void TellUnknown(long couponId, IActorRef self)
        {
            Array.Fill(Replies, CouponReply.OutcomeUnknown);
            Tell(couponId, self, closed: false);
        }
    }
}

/// <summary>What every coupon's actor is given.</summary>
/// <param name="WriteTimeout">How long a write may take before those who wait are told that its outcome is unknown.</param>
internal sealed record CouponActorSettings(TimeProvider Clock, TimeSpan WriteTimeout);

/// <summary>Asks a coupon's actor to stop as soon as nothing is pending: for passivation and for hand-over to another node.</summary>
internal sealed class StopCoupon
{
    public static readonly StopCoupon Instance = new();
}
