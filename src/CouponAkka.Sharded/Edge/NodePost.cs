using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// What an edge has to do with one node: takes what is asked of coupons to its <see cref="Desk"/>, all that has gathered in one message while the one before
/// is on its way, and gives back the answers as they come.
/// </summary>
internal sealed class NodePost : UntypedActor, IWithTimers
{
    private readonly OneOnItsWay<CouponRequest> _requests;
    private readonly IActorRef _desk;
    private IActorRef _gateway = ActorRefs.Nobody;

    public NodePost(IActorRef desk, TimeProvider clock)
    {
        _desk = desk;
        _requests = new OneOnItsWay<CouponRequest>(request => request.Weight, clock);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef desk, TimeProvider clock) => Akka.Actor.Props.Create(() => new NodePost(desk, clock));

    protected override void PreStart() => LookAgain.Start(Timers);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CouponRequest request:
                _gateway = Sender;
                _requests.Add(request);
                Send();
                break;
            case Arrived arrived:
                _requests.Arrived(arrived.Number);
                Send();
                break;
            case CouponReplies replies:
                Sender.Tell(new Arrived(replies.Number), Self);
                _gateway.Tell(replies);
                break;
            // One is on its way from this edge to an entity, so they come in order by themselves.
            case EntityRequest:
            // Its answer needs to come in no certain order.
            case FollowCoupon:
                _desk.Forward(message);
                break;
            case LookAgain:
                Send();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Send()
    {
        if (_requests.Next() is { } batch)
            _desk.Tell(new CouponRequests(batch, _requests.Number), Self);
    }
}
