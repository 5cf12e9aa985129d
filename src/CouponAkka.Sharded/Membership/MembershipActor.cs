using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Akka.Cluster;
using CouponAkka.Sharded.Entities;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Membership;

/// <summary>
/// Makes this node a member of the current cluster, and says twice a second in the database that it is. Who finds nobody there founds the cluster anew. A node
/// whose cluster is not the current one ends: nobody comes to it any more, and its coupons wake in the other. With seed nodes Akka
/// joins by itself, and this only sees to it that there is one cluster.
/// </summary>
internal sealed partial class MembershipActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // Ten beats. A cluster that is founded beside a living one costs everybody a restart.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Two beats, but for the jitter of timers. Alone it says nothing: a busy machine may well take as long.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan SilenceOfUnreachable = TimeSpan.FromSeconds(3);

    private readonly ILogger<MembershipActor> _log;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly MemberTable _table;
    private readonly TimeProvider _time;
    private readonly bool _hasSeeds;
    private readonly long _started;
    private readonly Beats _beats = new();
    private readonly HashSet<string> _probing = new(StringComparer.Ordinal);
    private MemberRow _self;
    private IReadOnlyList<string> _asked = [];
    private string? _unasked;
    private bool _busy;
    private bool _ending;

    public MembershipActor(MemberTable table, ClusterOptions options, TimeProvider time, ILogger<MembershipActor> log)
    {
        _table = table;
        _time = time;
        _log = log;
        _hasSeeds = options.SeedNodeList.Length > 0;
        _started = time.GetTimestamp();
        _self = new(MemberName.Of(_cluster.SelfAddress), _cluster.SelfUniqueAddress.Uid, string.Join(',', options.RoleList), ClusterId: "", Beat: 0);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_started);

    // SelfMember stands for nobody until this process is let in.
    private bool IsIn => _cluster.State.Members.Any(member => member.UniqueAddress == _cluster.SelfUniqueAddress);

    private bool IsUp => _cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.Leaving;

    public static Props Props(MemberTable table, ClusterOptions options, TimeProvider time, ILogger<MembershipActor> log) =>
        Akka.Actor.Props.Create(() => new MembershipActor(table, options, time, log));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, TimeSpan.Zero, Interval);
        _cluster.Subscribe(Self, typeof(ClusterEvent.MemberRemoved));
        var self = Self;
        CoordinatedShutdown.Get(Context.System).AddTask(
            CoordinatedShutdown.PhaseClusterShutdown, "leave the table of members", () => self.Ask<Done>(Leave.Instance, MemberTable.Expected));
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Look:
                Ask();
                break;
            case Seen { What: var seen }:
                _busy = false;
                if (_unasked is not null)
                    LogAsked();
                _unasked = null;
                Consider(seen);
                break;
            case Founded { Won: var won, ClusterId: var clusterId }:
                _busy = false;
                if (won)
                    BeginCluster(clusterId);
                break;
            case Failed { Cause: var cause }:
                _busy = false;
                _beats.Blind();
                if (_unasked is null)
                    LogUnasked(cause.Message);
                _unasked = cause.Message;
                break;
            case Probed probed:
                Answered(probed);
                break;
            case ClusterEvent.MemberRemoved { PreviousStatus: MemberStatus.Down, Member: var member } when member.HasRole(ClusterOptions.Coupon):
                Note(member);
                break;
            case Noted { Trouble: var trouble }:
                if (trouble is not null)
                    LogNotNoted(trouble);
                break;
            case ClusterEvent.IMemberEvent or ClusterEvent.CurrentClusterState:
                break;
            case Leave:
                LeaveTable(Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Ask()
    {
        if (_busy || _ending)
            return;
        _busy = true;
        var asked = IsUp && _self.ClusterId.Length > 0 ? _table.BeatAsync(_self = _self with { Beat = _self.Beat + 1 }) : _table.LookAsync();
        asked.PipeTo(Self, success: seen => new Seen(seen), failure: cause => new Failed(cause));
    }

    private void Consider(ClusterSeen seen)
    {
        if (_ending)
            return;
        _beats.Saw(seen.Members, Now);
        if (_self.ClusterId.Length > 0)
        {
            if (seen.ClusterId != _self.ClusterId)
                End(seen);
            else if (seen.Members.Any(row => row.Address == _self.Address && row.Uid == _self.Uid && row.Downed))
                EndDowned();
            else if (IsUp)
                LookAfterOthers();
            return;
        }

        var step = Founding.Step(_self.Address, seen, _beats, Patience);
        if (IsUp)
            Recognise(seen, step);
        else if (IsIn)
            Wait(seen, step);
        else if (!_hasSeeds)
            Enter(seen, step);
    }

    private void Enter(ClusterSeen seen, Founding step)
    {
        switch (step)
        {
            case Founding.Found:
                Found(seen);
                break;
            case Founding.Join join when !join.Addresses.SequenceEqual(_asked):
                _asked = join.Addresses;
                LogJoins(join);
                _cluster.JoinSeedNodes(_asked.Select(name => MemberName.AddressOf(name, _cluster.SelfAddress)).ToImmutableList());
                break;
        }
    }

    // Let in by somebody who was then no more, it would wait for ever for a leader to take it up.
    private void Wait(ClusterSeen seen, Founding step)
    {
        if (step is Founding.Found && !_hasSeeds)
            End(seen);
    }

    // Which cluster it is that has let this node in: that of the members' rows. Members without rows are of a version that writes none, and came by seed nodes.
    private void Recognise(ClusterSeen seen, Founding step)
    {
        var members = _cluster.State.Members.Select(member => MemberName.Of(member.Address)).ToHashSet(StringComparer.Ordinal);
        var fellows = seen.Members.Where(row => row.Address != _self.Address && members.Contains(row.Address)).ToList();
        if (fellows.Exists(row => row.ClusterId == seen.ClusterId))
            _self = _self with { ClusterId = seen.ClusterId! };
        else if (step is Founding.Found)
            Found(seen);
        else if (step is Founding.Join { IsCertain: true })
            End(seen);
    }

    private void Found(ClusterSeen seen)
    {
        _busy = true;
        var clusterId = Guid.NewGuid().ToString("N");
        _table.TryFoundAsync(_self with { ClusterId = clusterId }, seen)
            .PipeTo(Self, success: won => new Founded(won, clusterId), failure: cause => new Failed(cause));
    }

    private void BeginCluster(string clusterId)
    {
        _self = _self with { ClusterId = clusterId };
        LogFounded(clusterId);
        if (!IsIn)
            _cluster.Join(_cluster.SelfAddress);
    }

    // Who is killed is taken for dead in a second or two; the failure detector and the split-brain resolver alone, which have only the network to go by, take
    // some six. And they would count votes: the one that is left of two or three would end as well.
    private void LookAfterOthers()
    {
        foreach (var member in _cluster.State.Members.Where(IsAnotherNode))
        {
            var name = MemberName.Of(member.Address);
            if (_beats.SilentFor(name) is not { } silent || silent < Silence)
                continue;
            if (silent >= SilenceOfUnreachable && _cluster.State.Unreachable.Contains(member))
                Down(member, "can't be reached, and has written nothing");
            else if (_probing.Add(name))
                Port.IsRefusedAsync(member.Address.Host, member.Address.Port!.Value).PipeTo(Self, success: refused => new Probed(member, refused));
        }
    }

    private void Answered(Probed probed)
    {
        var name = MemberName.Of(probed.Member.Address);
        _probing.Remove(name);
        // It may have come back meanwhile.
        if (probed.IsRefused && !_ending && _beats.SilentFor(name) >= Silence)
            Down(probed.Member, "listens no longer, and has written nothing");
    }

    private void Down(Member member, string why)
    {
        LogDowns(MemberName.Of(member.Address), why);
        _cluster.Down(member.Address);
    }

    private bool IsAnotherNode(Member member) =>
        member.UniqueAddress != _cluster.SelfUniqueAddress && member.HasRole(ClusterOptions.Coupon)
            && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    private void EndDowned()
    {
        LogDowned(NotCurrent.Instance.ExitCode);
        End();
    }

    private void End(ClusterSeen seen)
    {
        LogEnds(seen.ClusterId, _self.ClusterId, NotCurrent.Instance.ExitCode);
        End();
    }

    private void End()
    {
        _ending = true;
        EntityActor.StopAll(Context.System);
        // Shards are not handed over: their coupons wake in the other cluster.
        CoordinatedShutdown.Get(Context.System).Run(NotCurrent.Instance, CoordinatedShutdown.PhaseClusterLeave);
    }

    private void Note(Member downed) => _table.DownedAsync(MemberName.Of(downed.Address), downed.UniqueAddress.Uid)
        .PipeTo(Self, success: () => new Noted(null), failure: cause => new Noted(cause.Message));

    private void LeaveTable(IActorRef asker)
    {
        _ending = true;
        _table.LeaveAsync(_self).PipeTo(asker, success: () => Done.Instance, failure: cause =>
        {
            LogNotLeft(cause.Message);
            return Done.Instance;
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Asks to be let into the cluster: {Addresses}.")]
    private partial void LogJoins(Founding.Join addresses);

    [LoggerMessage(Level = LogLevel.Information, Message = "No node of a cluster lives, so this one founds one: {ClusterId}.")]
    private partial void LogFounded(string clusterId);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The current cluster is {Current} by the database, and this node's is {Own}. "
            + "It exits with code {ExitCode}: start it again, and it joins the current one.")]
    private partial void LogEnds(string? current, string own, int exitCode);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The other nodes downed this one and removed it from the cluster. It exits with code {ExitCode}: start it again.")]
    private partial void LogDowned(int exitCode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} {Why}: it is downed, and its coupons are activated on other nodes.")]
    private partial void LogDowns(string node, string why);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "A removed node could not be marked as downed in the table of members; if it lives, it does not learn of it there: {Why}")]
    private partial void LogNotNoted(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The table of members can't be asked; this node goes on as it is, and who starts now waits: {Why}")]
    private partial void LogUnasked(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "The table of members can be asked again.")]
    private partial void LogAsked();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The row of this node could not be deleted from the table of members. Whoever founds the next cluster waits some seconds longer: {Why}")]
    private partial void LogNotLeft(string why);

    private sealed record Seen(ClusterSeen What);

    private sealed record Founded(bool Won, string ClusterId);

    private sealed record Probed(Member Member, bool IsRefused);

    private sealed record Noted(string? Trouble);

    private sealed record Failed(Exception Cause);

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    private sealed class Leave
    {
        public static readonly Leave Instance = new();
    }
}
