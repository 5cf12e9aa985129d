using Akka.Actor;
using Akka.Event;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;

namespace CouponAkka.Sharded.Entities;

/// <summary>What a coupon has beside what every entity has: edges that follow it and refuse for it, so that changes wait until they do not.</summary>
internal sealed class CouponActor : EntityActor
{
    private readonly long _couponId;
    private readonly Followers _followers;
    private readonly List<(IActorRef Asker, IEntityRequest Request)> _deferred = [];
    private readonly List<(IActorRef Asker, FollowCoupon Follow)> _following = [];

    public CouponActor(long couponId, EntityActorSettings settings)
        : base(new EntityKey(CouponKind.Instance, couponId), settings)
    {
        _couponId = couponId;
        _followers = new Followers(settings.Clock);
    }

    protected override bool IsClosed => _followers.AreWelcome(Coupon);

    private Coupon Coupon => (Coupon)Entity;

    public static Props Props(long couponId, EntityActorSettings settings) => Akka.Actor.Props.Create(() => new CouponActor(couponId, settings));

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case FollowCoupon follow:
                Follow(follow, Sender);
                break;
            case LeasesOver:
                AnswerDeferred();
                break;
            case SnapshotEncoded encoded:
                _followers.Encoded(encoded);
                Timers.StartPeriodicTimer(nameof(ForgetSnapshot), ForgetSnapshot.Instance, Followers.SnapshotKept);
                break;
            case SnapshotNotEncoded failure:
                Log.Error(failure.Cause, "{0} can't be made a snapshot for edges, so they ask it.", PersistenceId);
                _followers.NotEncoded();
                break;
            case ForgetSnapshot:
                if (_followers.ForgetSnapshot())
                    Timers.Cancel(nameof(ForgetSnapshot));
                break;
            default:
                base.OnCommand(message);
                break;
        }
    }

    protected override void OnRecovered() => _followers.Recovered();

    protected override void OnDurable(long sequenceNumber, Event? happened) => _followers.Happened(sequenceNumber, (CouponEvent?)happened);

    // What a change waits for, and what its asker sends after it, so that an answer to that never comes first.
    protected override bool MustWait(IEntityRequest request, IActorRef asker)
    {
        var wait = _followers.MustWait(request);
        if (wait is null && (_deferred.Count == 0 || _deferred.TrueForAll(deferred => !deferred.Asker.Equals(asker))))
            return false;
        _deferred.Add((asker, request));
        if (wait is { } left)
            Timers.StartSingleTimer(nameof(LeasesOver), LeasesOver.Instance, left);
        return true;
    }

    protected override void GiveUpWaiting()
    {
        foreach (var (asker, request) in _deferred)
            TellUnavailable(asker, request);
        _deferred.Clear();
    }

    protected override void OnChecked()
    {
        foreach (var (asker, follow) in _following)
            AnswerFollower(follow, asker);
        _following.Clear();
    }

    private void AnswerDeferred()
    {
        var deferred = _deferred.ToArray();
        _deferred.Clear();
        foreach (var (asker, request) in deferred)
            Answer(request, asker);
    }

    // A lease that is nearly over is not worth passing on.
    private void Follow(FollowCoupon follow, IActorRef asker)
    {
        if (Coupon.Exists && IsIdle && !IsLeaseYoung)
        {
            _following.Add((asker, follow));
            Check();
            return;
        }

        AnswerFollower(follow, asker);
    }

    private void AnswerFollower(FollowCoupon follow, IActorRef asker)
    {
        var answer = IsIdle
            ? _followers.Answer(follow, Coupon, LastSequenceNr, LeaseLeft)
            : new FollowedCoupon(follow.CouponId, follow.Number);
        if (answer is not null)
        {
            asker.Tell(answer, Self);
            return;
        }

        // Encoding a million holders takes a tenth of a second, in which the coupon goes on.
        var snapshot = (CouponSnapshot)Coupon.TakeSnapshot();
        var sequenceNumber = LastSequenceNr;
        Task.Run(() => new SnapshotEncoded(sequenceNumber, CouponSnapshotCodec.Encode(snapshot)))
            .PipeTo(Self, failure: cause => new SnapshotNotEncoded(cause));
        asker.Tell(new FollowedCoupon(_couponId, follow.Number), Self);
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
