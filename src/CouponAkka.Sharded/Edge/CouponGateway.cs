using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// The coupons as an edge sees them: asks each through the shard region, or refuses for it where that is final.
/// </summary>
internal sealed partial class CouponGateway(IOptions<EdgeOptions> options, TimeProvider clock, ILogger<CouponGateway> log) : IEntities
{
    private static readonly TimeSpan CopyKept = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, CouponOutbox> _outboxes = new();
    private readonly TimeSpan _answerTimeout = TimeSpan.FromSeconds(options.Value.AnswerTimeoutSeconds);
    private Connection? _connection;

    public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => kind == CouponKind.Instance
        ? AskAsync(id, (CouponCommand)command)
        : throw new ArgumentException($"The cluster holds no {kind.Name}.", nameof(kind));

    private ValueTask<Reply> AskAsync(long couponId, CouponCommand command)
    {
        while (Volatile.Read(ref _connection) is { } connection)
        {
            if (!_outboxes.TryGetValue(couponId, out var outbox))
                outbox = _outboxes.GetOrAdd(
                    couponId, static (id, to) => new(id, to.Connection.Ways, to.Connection.ReplyTo, to.Clock), (Connection: connection, Clock: clock));
            if (command is IssueCoupon issue && outbox.Copy is { } copy)
            {
                var refusal = copy.TryRefuse(issue, out var follow);
                outbox.Send(follow);
                if (refusal is not null)
                    return new(refusal);
            }

            if (!connection.Ways.Any)
                break;
            if (outbox.TryAsk(command, out var reply))
            {
                // It may have come too late for Disconnect to see.
                if (Volatile.Read(ref _connection) != connection)
                    outbox.Close();
                return reply;
            }

            Forget(couponId, outbox);
        }

        return new(CouponReply.Unavailable);
    }

    private void Connect(IWaysToCoupons ways, IActorRef replyTo) => Volatile.Write(ref _connection, new Connection(ways, replyTo));

    // No answer can come any more, so nobody is left to wait for one.
    private void Disconnect()
    {
        Interlocked.Exchange(ref _connection, null);
        foreach (var (couponId, outbox) in _outboxes)
        {
            outbox.Close();
            Forget(couponId, outbox);
        }
    }

    private List<PendingReply> Answered(CouponAnswers answers)
    {
        if (!_outboxes.TryGetValue(answers.CouponId, out var outbox))
            return [];
        var answered = outbox.Answered(answers);
        if (answers.Closed)
            outbox.Follow();
        return answered;
    }

    private void Followed(FollowedCoupon followed)
    {
        if (!_outboxes.TryGetValue(followed.CouponId, out var outbox))
            return;
        try
        {
            if (followed is CouponSnapshotPart part && part.Length + CopiedBytes(besides: outbox) > options.Value.CopiesMegabytes * 1024L * 1024L)
            {
                LogTooLarge(followed.CouponId, part.Length);
                outbox.ForgetCopy();
                return;
            }

            outbox.Followed(followed);
        }
        catch (Exception damage) when (damage is UnreadableMessageException or InvalidEventException)
        {
            LogUnusable(damage, followed.CouponId);
            outbox.ForgetCopy();
        }
    }

    private long CopiedBytes(CouponOutbox besides) => _outboxes.Values.Where(outbox => outbox != besides).Sum(outbox => outbox.Copy?.Length ?? 0);

    // A node is gone, and what was sent to it with it. Whatever is not on such a way is answered in less.
    private void NodeRemoved() => GiveUp(Silence);

    // Gives up what is not answered in time, asks after what takes long, and forgets what nobody has asked for lately.
    private void Sweep()
    {
        GiveUp(_answerTimeout);
        foreach (var (couponId, outbox) in _outboxes)
        {
            outbox.Probe();
            if (outbox.Copy is { } copy && clock.GetElapsedTime(copy.LastLeased) > CopyKept)
                outbox.ForgetCopy();
            if (outbox.TryRetire())
                Forget(couponId, outbox);
        }
    }

    private void GiveUp(TimeSpan timeout)
    {
        foreach (var outbox in _outboxes.Values)
            outbox.GiveUp(timeout, Silence);
    }

    private void Forget(long couponId, CouponOutbox outbox) => _outboxes.TryRemove(new(couponId, outbox));

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Coupon {CouponId} can't be refused from memory, for its snapshot of {Bytes} bytes would be too much (Edge:CopiesMegabytes).")]
    private partial void LogTooLarge(long couponId, long bytes);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The local copy of coupon {CouponId} is discarded: its snapshot or its events are invalid. Requests go to the coupon.")]
    private partial void LogUnusable(Exception damage, long couponId);

    private sealed record Connection(IWaysToCoupons Ways, IActorRef ReplyTo);

    /// <summary>Where the answers come in.</summary>
    internal sealed class Actor : UntypedActor, IWithTimers
    {
        private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

        // The shard region hears of it in its own time, and until then would send to the one that is gone.
        private static readonly TimeSpan RegionNotices = TimeSpan.FromMilliseconds(300);

        private readonly CouponGateway _gateway;
        private readonly IWaysToCoupons _ways;
        private readonly IActorRef? _own;

        /// <param name="own">The shard region of this process, if it is a member of the cluster.</param>
        public Actor(CouponGateway gateway, IWaysToCoupons ways, IActorRef? own)
        {
            _gateway = gateway;
            _ways = ways;
            _own = own;
        }

        public ITimerScheduler Timers { get; set; } = null!;

        public static Props Props(CouponGateway gateway, IWaysToCoupons ways, IActorRef? own) => Akka.Actor.Props.Create(() => new Actor(gateway, ways, own));

        protected override void PreStart()
        {
            Timers.StartPeriodicTimer(nameof(Sweep), nameof(Sweep), SweepInterval);
            if (_own is not null)
            {
                Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
                Context.Watch(_own);
            }

            _gateway.Connect(_ways, Self);
        }

        protected override void PostStop()
        {
            _gateway.Disconnect();
            if (_own is not null)
                Cluster.Get(Context.System).Unsubscribe(Self);
        }

        private void Answered(CouponReplies replies)
        {
            var answered = new List<PendingReply>();
            foreach (var from in replies.Homes)
            {
                var home = Address.Parse(from.Home);
                foreach (var answers in from.Answers)
                {
                    _ways.Learn(answers.CouponId, home);
                    answered.AddRange(_gateway.Answered(answers));
                }
            }

            ReplyDispatcher.Dispatch(answered);
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case CouponAnswers answers:
                    ReplyDispatcher.Dispatch(_gateway.Answered(answers));
                    break;
                case CouponReplies replies:
                    Answered(replies);
                    break;
                case FollowedCoupon followed:
                    _gateway.Followed(followed);
                    break;
                case ClusterEvent.MemberRemoved:
                    Timers.StartSingleTimer(nameof(NodeRemoved), nameof(NodeRemoved), RegionNotices);
                    break;
                case nameof(NodeRemoved):
                    _gateway.NodeRemoved();
                    break;
                case nameof(Sweep):
                    _gateway.Sweep();
                    break;
                // This process is leaving the cluster, of itself or because it was taken for dead.
                case Terminated:
                    Context.Stop(Self);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }
}
