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
using CouponAkka.Sharded.Entities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// The entities as an edge sees them: asks each through its shard region, or refuses for a coupon where that is final.
/// </summary>
internal sealed partial class CouponGateway(IOptions<EdgeOptions> options, TimeProvider clock, ILogger<CouponGateway> log) : IEntities
{
    private static readonly TimeSpan CopyKept = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<EntityKey, EntityOutbox> _outboxes = new();
    private readonly TimeSpan _answerTimeout = TimeSpan.FromSeconds(options.Value.AnswerTimeoutSeconds);
    private Connection? _connection;

    public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
    {
        var key = new EntityKey(kind, id);
        while (Volatile.Read(ref _connection) is { } connection)
        {
            if (!_outboxes.TryGetValue(key, out var outbox))
                outbox = _outboxes.GetOrAdd(key, static (key, to) => OutboxTo(key, to.Connection, to.Clock), (Connection: connection, Clock: clock));
            if (command is IssueCoupon issue && outbox is CouponOutbox { Copy: { } copy } coupon)
            {
                var refusal = copy.TryRefuse(issue, out var follow);
                coupon.Send(follow);
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

            Forget(key, outbox);
        }

        return new(kind.Unavailable);
    }

    private static EntityOutbox OutboxTo(EntityKey key, Connection connection, TimeProvider clock) => key.Kind == CouponKind.Instance
        ? new CouponOutbox(key.Id, connection.Ways, connection.ReplyTo, clock)
        : new EntityOutbox(key, connection.Ways, connection.ReplyTo, clock);

    private void Connect(IWaysToEntities ways, IActorRef replyTo) => Volatile.Write(ref _connection, new Connection(ways, replyTo));

    // No answer can come any more, so nobody is left to wait for one.
    private void Disconnect()
    {
        Interlocked.Exchange(ref _connection, null);
        foreach (var (key, outbox) in _outboxes)
        {
            outbox.Close();
            Forget(key, outbox);
        }
    }

    private List<PendingReply> Answered(CouponAnswers answers)
    {
        if (OutboxOf(answers.CouponId) is not { } outbox)
            return [];
        var answered = outbox.Answered(answers.Number, answers.Replies);
        if (answers.Closed)
            outbox.Follow();
        return answered;
    }

    private List<PendingReply> Answered(EntityAnswers answers) =>
        _outboxes.TryGetValue(answers.Key, out var outbox) ? outbox.Answered(answers.Number, answers.Replies) : [];

    private CouponOutbox? OutboxOf(long couponId) => _outboxes.GetValueOrDefault(new(CouponKind.Instance, couponId)) as CouponOutbox;

    private void Followed(FollowedCoupon followed)
    {
        if (OutboxOf(followed.CouponId) is not { } outbox)
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

    private long CopiedBytes(CouponOutbox besides) =>
        _outboxes.Values.OfType<CouponOutbox>().Where(outbox => outbox != besides).Sum(outbox => outbox.Copy?.Length ?? 0);

    // A node is gone, and what was sent to it with it. Whatever is not on such a way is answered in less.
    private void NodeRemoved() => GiveUp(Silence);

    // Gives up what is not answered in time, asks after what takes long, and forgets what nobody has asked for lately.
    private void Sweep()
    {
        GiveUp(_answerTimeout);
        foreach (var (key, outbox) in _outboxes)
        {
            outbox.Probe();
            if (outbox is CouponOutbox { Copy: { } copy } coupon && clock.GetElapsedTime(copy.LastLeased) > CopyKept)
                coupon.ForgetCopy();
            if (outbox.TryRetire())
                Forget(key, outbox);
        }
    }

    private void GiveUp(TimeSpan timeout)
    {
        foreach (var outbox in _outboxes.Values)
            outbox.GiveUp(timeout, Silence);
    }

    private void Forget(EntityKey key, EntityOutbox outbox) => _outboxes.TryRemove(new(key, outbox));

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Coupon {CouponId} can't be refused from memory, for its snapshot of {Bytes} bytes would be too much (Edge:CopiesMegabytes).")]
    private partial void LogTooLarge(long couponId, long bytes);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The local copy of coupon {CouponId} is discarded: its snapshot or its events are invalid. Requests go to the coupon.")]
    private partial void LogUnusable(Exception damage, long couponId);

    private sealed record Connection(IWaysToEntities Ways, IActorRef ReplyTo);

    /// <summary>Where the answers come in.</summary>
    internal sealed class Actor : UntypedActor, IWithTimers
    {
        private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(250);

        // The shard region hears of it in its own time, and until then would send to the one that is gone.
        private static readonly TimeSpan RegionNotices = TimeSpan.FromMilliseconds(300);

        private readonly CouponGateway _gateway;
        private readonly IWaysToEntities _ways;
        private readonly IActorRef? _own;

        /// <param name="own">The shard region of this process, if it is a member of the cluster.</param>
        public Actor(CouponGateway gateway, IWaysToEntities ways, IActorRef? own)
        {
            _gateway = gateway;
            _ways = ways;
            _own = own;
        }

        public ITimerScheduler Timers { get; set; } = null!;

        public static Props Props(CouponGateway gateway, IWaysToEntities ways, IActorRef? own) => Akka.Actor.Props.Create(() => new Actor(gateway, ways, own));

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
                    _ways.Learn(new EntityKey(CouponKind.Instance, answers.CouponId), home);
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
                case EntityAnswers answers:
                    _ways.Learn(answers.Key, Sender.Path.Address);
                    ReplyDispatcher.Dispatch(_gateway.Answered(answers));
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
