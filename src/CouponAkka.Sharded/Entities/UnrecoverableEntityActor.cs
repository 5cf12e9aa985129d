using Akka.Actor;
using Akka.Cluster.Sharding;
using CouponAkka.Contracts;
using CouponAkka.Engine;

namespace CouponAkka.Sharded.Entities;

/// <summary>Stands for an entity that could not be recovered a moment ago, so that who asks is answered at once and nothing is replayed for them.</summary>
internal sealed class UnrecoverableEntityActor(EntityKind kind, TimeSpan rest) : UntypedActor, IWithTimers
{
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(EntityKind kind, TimeSpan rest) => Akka.Actor.Props.Create(() => new UnrecoverableEntityActor(kind, rest));

    protected override void PreStart() => Timers.StartSingleTimer(nameof(Rested), Rested.Instance, rest);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case IEntityRequest request:
                PendingAnswers.TellUnavailable(kind, Sender, request, Self);
                break;
            // Of coupons alone.
            case FollowCoupon follow:
                Sender.Tell(new FollowedCoupon(follow.CouponId, follow.Number));
                break;
            case Rested:
                Context.Parent.Tell(new Passivate(StopEntity.Instance));
                break;
            case StopEntity:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private sealed class Rested
    {
        public static readonly Rested Instance = new();
    }
}
