using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// Where edges ask a node: hands what they ask to its shard regions, and takes the answers, wherever the entity lives, back by the same way. An entity that
/// answered the edge itself would be silent to one that can reach this node and not its own.
/// </summary>
internal sealed class Desk(ShardRegions regions, TimeProvider clock) : UntypedActor
{
    /// <summary>The name under which edges find it.</summary>
    public const string Name = "desk-for-many";

    /// <summary>The name under which edges look for it that ask coupon by coupon, as those of a version before do.</summary>
    public const string NameBefore = "desk";

    // An edge that asks nothing for so long may be gone for good.
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly Dictionary<IActorRef, IActorRef> _lines = [];

    public static Props Props(ShardRegions regions, TimeProvider clock) => Akka.Actor.Props.Create(() => new Desk(regions, clock));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CouponRequests requests:
                var line = LineTo(Sender, many: true);
                Sender.Tell(new Arrived(requests.Number), line);
                var coupons = regions.Of(CouponKind.Instance);
                foreach (var request in requests.Requests)
                    coupons.Tell(request, line);
                break;
            case ICouponMessage:
                regions.Of(CouponKind.Instance).Tell(message, LineTo(Sender, many: false));
                break;
            case EntityRequest request:
                regions.Of(request.Key.Kind).Tell(request, LineTo(Sender, many: false));
                break;
            case Terminated { ActorRef: var gone }:
                foreach (var (edge, _) in _lines.Where(pair => pair.Value.Equals(gone)).ToList())
                    _lines.Remove(edge);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private IActorRef LineTo(IActorRef edge, bool many)
    {
        if (_lines.TryGetValue(edge, out var line))
            return line;
        line = Context.Watch(Context.ActorOf(
            many ? Akka.Actor.Props.Create(() => new LineOfMany(edge, clock)) : Akka.Actor.Props.Create(() => new Line(edge))));
        _lines.Add(edge, line);
        return line;
    }

    /// <summary>Takes the answers for one edge to it, as they come, and tells it who gave them.</summary>
    private sealed class Line : UntypedActor
    {
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
                case CouponAnswers or FollowedCoupon or EntityAnswers:
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

    /// <summary>Takes the answers for one edge to it, all that have gathered in one message while the one before is on its way.</summary>
    private sealed class LineOfMany : UntypedActor, IWithTimers
    {
        private readonly IActorRef _edge;
        private readonly TimeProvider _clock;
        private readonly Address _self = ((ExtendedActorSystem)Context.System).Provider.DefaultAddress;
        private readonly OneOnItsWay<(Address Home, CouponAnswers Answers)> _answers;
        private long _lastAnswered;

        public LineOfMany(IActorRef edge, TimeProvider clock)
        {
            _edge = edge;
            _clock = clock;
            _answers = new OneOnItsWay<(Address Home, CouponAnswers Answers)>(from => from.Answers.Weight, clock);
            _lastAnswered = clock.GetTimestamp();
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => LookAgain.Start(Timers);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case CouponAnswers answers:
                    var from = Sender.Path.Address;
                    _answers.Add((from.HasLocalScope ? _self : from, answers));
                    _lastAnswered = _clock.GetTimestamp();
                    Send();
                    break;
                case Arrived arrived:
                    _answers.Arrived(arrived.Number);
                    Send();
                    break;
                case LookAgain when _clock.GetElapsedTime(_lastAnswered) > Idle:
                    Context.Stop(Self);
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
            if (_answers.Next() is not { } batch)
                return;
            var homes = batch.GroupBy(from => from.Home, (home, all) => new AnswersFrom(home.ToString(), [.. all.Select(from => from.Answers)]));
            _edge.Tell(new CouponReplies([.. homes], _answers.Number), Self);
        }
    }
}
