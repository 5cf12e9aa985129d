using Akka.Actor;
using Akka.Cluster.Sharding;
using CouponAkka.Contracts;

namespace CouponAkka.Sharded.Entities;

/// <summary>Stands for a coupon that could not be recovered a moment ago, so that who asks is answered at once and nothing is replayed for them.</summary>
internal sealed class UnrecoverableCouponActor(TimeSpan rest) : UntypedActor, IWithTimers
{
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(TimeSpan rest) => Akka.Actor.Props.Create(() => new UnrecoverableCouponActor(rest));

    protected override void PreStart() => Timers.StartSingleTimer(nameof(StopCoupon), Rested.Instance, rest);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CouponRequest request:
                Sender.Tell(CouponAnswers.Unavailable(request));
                break;
            case FollowCoupon follow:
                Sender.Tell(new FollowedCoupon(follow.CouponId, follow.Number));
                break;
            case Rested:
                Context.Parent.Tell(new Passivate(StopCoupon.Instance));
                break;
            case StopCoupon:
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
