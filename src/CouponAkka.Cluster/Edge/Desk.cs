using Akka.Actor;
using CouponAkka.Contracts;

namespace CouponAkka.Cluster.Edge;

/// <summary>
/// Where edges ask a node: hands what they ask to its shard region, and takes the answers, wherever the coupon lives, back by the same way. A coupon that
/// answered the edge itself would be silent to one that can reach this node and not its own.
/// </summary>
internal sealed class Desk(IActorRef region) : UntypedActor
{
    /// <summary>The name under which edges find it.</summary>
    public const string Name = "desk";

    private readonly Dictionary<IActorRef, IActorRef> _lines = [];

    public static Props Props(IActorRef region) => Akka.Actor.Props.Create(() => new Desk(region));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ICouponMessage:
                region.Tell(message, LineTo(Sender));
                break;
            case Terminated { ActorRef: var line }:
                foreach (var (edge, _) in _lines.Where(pair => pair.Value.Equals(line)).ToList())
                    _lines.Remove(edge);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private IActorRef LineTo(IActorRef edge)
    {
        if (_lines.TryGetValue(edge, out var line))
            return line;
        line = Context.Watch(Context.ActorOf(Akka.Actor.Props.Create(() => new Line(edge))));
        _lines.Add(edge, line);
        return line;
    }

    /// <summary>Takes the answers for one edge to it, as they come, and tells it who gave them.</summary>
    private sealed class Line : UntypedActor
    {
        // An edge that asks nothing for so long may be gone for good.
        private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

        private readonly IActorRef _edge;

        public Line(IActorRef edge)
        {
            _edge = edge;
            SetReceiveTimeout(Idle);
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case CouponAnswers or FollowedCoupon:
                    _edge.Tell(message, Sender);
                    break;
                case ReceiveTimeout:
                    Context.Stop(Self);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }
}
