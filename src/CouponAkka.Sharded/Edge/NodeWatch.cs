using Akka.Actor;
using Akka.Remote;
using CouponAkka.Sharded.Membership;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// Knows for an edge which nodes there are, by the table of members, and which of them answer: four times a second it asks each, and who has not answered for a
/// second is passed by until it does. While the database can't be asked, those stay who were there.
/// </summary>
internal sealed partial class NodeWatch : UntypedActor, IWithTimers
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // A node that was killed leaves its row; whoever comes back writes it anew. Who answers is not forgotten: the database may be read-only.
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(10);

    private readonly MemberTable _table;
    private readonly NodeDesks _desks;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeWatch> _log;
    private readonly Address _self;
    private readonly long _started;
    private readonly Beats _beats = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private bool _looking;
    private bool _unasked;

    public NodeWatch(MemberTable table, NodeDesks desks, TimeProvider time, ILogger<NodeWatch> log)
    {
        _table = table;
        _desks = desks;
        _time = time;
        _log = log;
        _self = ((ExtendedActorSystem)Context.System).Provider.DefaultAddress;
        _started = time.GetTimestamp();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_started);

    public static Props Props(MemberTable table, NodeDesks desks, TimeProvider time, ILogger<NodeWatch> log) =>
        Akka.Actor.Props.Create(() => new NodeWatch(table, desks, time, log));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, TimeSpan.Zero, LookInterval);
        Timers.StartPeriodicTimer(nameof(Ping), Ping.Instance, PingInterval, PingInterval);
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Look when !_looking:
                _looking = true;
                _table.LookAsync().PipeTo(Self, failure: cause => new Failed(cause));
                break;
            case Look:
                break;
            case ClusterSeen seen:
                _looking = false;
                _unasked = false;
                Saw(seen);
                break;
            case Failed { Cause: var cause }:
                _looking = false;
                _beats.Blind();
                if (!_unasked)
                    LogUnasked(cause.Message);
                _unasked = true;
                break;
            case Ping:
                foreach (var node in _nodes.Values)
                    node.Selection.Tell(new Identify(node.Name));
                Publish();
                break;
            case ActorIdentity { MessageId: string name, Subject: { } desk } when _nodes.TryGetValue(name, out var node):
                node.Answered = Now;
                if (!desk.Equals(node.Desk))
                    Meet(node, desk);
                if (!node.IsAnswering)
                    Publish();
                break;
            // Its desk is not there yet, or no longer.
            case ActorIdentity:
                break;
            case ThisActorSystemQuarantinedEvent { RemoteAddress: var by }:
                LogQuarantined(by);
                CoordinatedShutdown.Get(Context.System).Run(CoordinatedShutdown.ClusterDowningReason.Instance);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Saw(ClusterSeen seen)
    {
        _beats.Saw(seen.Members, Now);
        var there = seen.MembersBut("").Select(member => member.Address)
            .Where(address => _beats.SilentFor(address) < Forgotten || (_nodes.TryGetValue(address, out var node) && node.IsAnswering))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _nodes.Keys.Except(there).ToList())
        {
            if (_nodes.Remove(gone, out var node) && node.Post is not null)
                Context.Stop(node.Post);
        }

        foreach (var name in there.Where(name => !_nodes.ContainsKey(name)))
        {
            var node = new Node(name, MemberName.AddressOf(name, _self));
            _nodes.Add(name, node);
            node.Selection.Tell(new Identify(name));
        }

        Publish();
    }

    // For the first time, or after it was started again: what was on its way to the one before is lost.
    private void Meet(Node node, IActorRef desk)
    {
        if (node.Post is not null)
            Context.Stop(node.Post);
        node.Desk = desk;
        node.Post = Context.ActorOf(NodePost.Props(desk, _time));
    }

    private void Publish()
    {
        foreach (var node in _nodes.Values)
        {
            var answers = node.Post is not null && Now - node.Answered < Patience;
            if (answers != node.IsAnswering)
            {
                node.IsAnswering = answers;
                if (answers)
                    LogAnswers(node.Name);
                else
                    LogSilent(node.Name, Patience.TotalSeconds);
            }
        }

        var answering = _nodes.Values.Where(node => node.IsAnswering).OrderBy(node => node.Name, StringComparer.Ordinal);
        _desks.Set([.. answering.Select(node => new NodeDesk(node.Address, node.Post!))], _nodes.Count);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} answers.")]
    private partial void LogAnswers(string node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} has not answered for {Seconds} s. The others are asked instead, until it does.")]
    private partial void LogSilent(string node, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The table of members can't be asked. This edge goes on with the nodes that it knows: {Why}")]
    private partial void LogUnasked(string why);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Node} has quarantined this process and takes no message from it any more. It exits with another code than 0: start it again.")]
    private partial void LogQuarantined(Address node);

    private sealed class Node(string name, Address address)
    {
        public string Name => name;

        public Address Address => address;

        public ActorSelection Selection { get; } = Context.ActorSelection(new RootActorPath(address) / "user" / Edge.Desk.Name);

        public IActorRef? Desk { get; set; }

        public IActorRef? Post { get; set; }

        public TimeSpan Answered { get; set; }

        public bool IsAnswering { get; set; }
    }

    private sealed record Failed(Exception Cause);

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private sealed class Ping
    {
        public static readonly Ping Instance = new();
    }
}
