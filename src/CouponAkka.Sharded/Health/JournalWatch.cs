using Akka.Actor;
using Akka.Cluster;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Membership;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Health;

/// <summary>
/// Writes a row of this node's own each second. So it knows whether the journal can be written, and tells the other nodes; whether it is this node alone
/// that can't, which then ends, so that its coupons wake elsewhere; and whether another server answers than before, and lacks what this
/// node has seen durable.
/// </summary>
internal sealed partial class JournalWatch : UntypedActor, IWithTimers
{
    /// <summary>The name under which the others' are found.</summary>
    public const string Name = "journal-watch";

    // A string, for a version that has nobody of that name drops it without a word.
    private const string CanWrite = "the journal can be written";

    private const int CouponsNamed = 10;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettingsInterval = TimeSpan.FromSeconds(10);

    // With the seconds until it is noticed and those in which the node leaves, its coupons are back within fifteen.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly ILogger<JournalWatch> _log;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly JournalProbe _probe;
    private readonly JournalState _state;
    private readonly DurableNumbers _durable;
    private readonly DatabaseOptions _options;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly LostDatabase _lost = new(Patience, Silence);
    private TimeSpan? _settingsRead;
    private string? _settingsTrouble;
    private long _beat;
    private long _written;
    private string? _server;
    private bool _probing;
    private bool _ending;
    private bool _comparing;

    public JournalWatch(
        CouponDatabase database, JournalState state, DurableNumbers durable, DatabaseOptions options, TimeProvider time, ILogger<JournalWatch> log)
    {
        _probe = new JournalProbe(database, MemberName.Of(_cluster.SelfAddress));
        _state = state;
        _durable = durable;
        _options = options;
        _time = time;
        _log = log;
        _started = time.GetTimestamp();
        // More than what an earlier process of the same address has written.
        _beat = time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_started);

    public static Props Props(
        CouponDatabase database, JournalState state, DurableNumbers durable, DatabaseOptions options, TimeProvider time, ILogger<JournalWatch> log) =>
        Akka.Actor.Props.Create(() => new JournalWatch(database, state, durable, options, time, log));

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Look), Look.Instance, TimeSpan.Zero, Interval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Look:
                Probe();
                MakeWay();
                break;
            case JournalBeat beat:
                _probing = false;
                Written(beat);
                break;
            case Failed { Cause: var cause }:
                _probing = false;
                NotWritten(cause);
                break;
            case CanWrite:
                _lost.OtherCanWrite(Now);
                break;
            case ServerSettings settings:
                Read(settings);
                break;
            case Compared compared:
                _comparing = false;
                Tell(compared);
                break;
            case NotCompared { Server: var server, Cause: var cause }:
                _comparing = false;
                LogNotCompared(server, cause.Message);
                Compare(server);
                break;
            // The next look asks again.
            case SettingsUnknown:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Probe()
    {
        if (_probing)
            return;
        _probing = true;
        _probe.WriteAsync(++_beat).PipeTo(Self, failure: cause => new Failed(cause));
    }

    private void Written(JournalBeat beat)
    {
        if (_state.Unwritable is not null && _written > 0)
            LogWritable();
        _state.Tried(unwritable: null);
        _lost.Tried(written: true, Now);
        foreach (var node in Nodes())
            Context.ActorSelection(new RootActorPath(node.Address) / "user" / Name).Tell(CanWrite);
        Recognise(beat);
        _written = beat.Beat;
        if (_settingsRead is null || Now - _settingsRead >= SettingsInterval)
        {
            _settingsRead = Now;
            _probe.ReadSettingsAsync().PipeTo(Self, failure: _ => SettingsUnknown.Instance);
        }
    }

    private void NotWritten(Exception cause)
    {
        var why = cause is OperationCanceledException ? $"no answer within {JournalProbe.Expected.TotalSeconds} s" : cause.Message;
        if (_state.Unwritable is null)
            LogUnwritable(why);
        _state.Tried($"The journal can't be written: {why}");
        _lost.Tried(written: false, Now);
    }

    private void MakeWay()
    {
        if (_ending || _cluster.SelfMember.Status != MemberStatus.Up || !_lost.IsOursAlone(Now))
            return;
        _ending = true;
        CouponMeter.NodeMadeWay();
        LogMakesWay(DatabaseLost.Instance.ExitCode);
        EntityActor.StopAll(Context.System);
        // Shards are not handed over: what their coupons wait for does not come, and they would wait for it first.
        CoordinatedShutdown.Get(Context.System).Run(DatabaseLost.Instance, CoordinatedShutdown.PhaseClusterLeave);
    }

    // Another server, or this one with an older state: what is in memory may be more than it holds.
    private void Recognise(JournalBeat beat)
    {
        var before = _server;
        _server = beat.Server;
        if (before is null)
            return;
        if (before != beat.Server)
            LogOtherServer(beat.Server, before);
        else if (beat.Found < _written)
            LogOlder(beat.Server);
        else
            return;
        EntityActor.StopAll(Context.System);
        Compare(beat.Server);
    }

    private void Compare(string server)
    {
        if (_comparing)
            return;
        _comparing = true;
        _probe.CompareAsync(_durable.All()).PipeTo(Self, success: lost => new Compared(server, lost), failure: cause => new NotCompared(server, cause));
    }

    private void Tell(Compared compared)
    {
        _state.Lost = [.. _state.Lost, .. compared.Lost];
        if (compared.Lost.Count == 0)
        {
            LogWhole(compared.Server);
            return;
        }

        var events = compared.Lost.Sum(lost => lost.Durable - lost.JournalEnd);
        var some = string.Join(", ", compared.Lost.Take(CouponsNamed)
            .Select(lost => $"{lost.Entity} after event {lost.JournalEnd} of {lost.Durable}"));
        LogLost(compared.Server, events, compared.Lost.Count, compared.Lost.Count > CouponsNamed ? some + ", …" : some);
    }

    private void Read(ServerSettings settings)
    {
        var report = DurabilityReport.Of(settings, _options);
        if (report.Trouble is { } trouble && trouble != _settingsTrouble)
            LogSettings(trouble);
        _settingsTrouble = report.Trouble;
        _state.Durability = report;
    }

    private IEnumerable<Member> Nodes() => _cluster.State.Members.Where(
        member => member.HasRole(ClusterOptions.Coupon) && member.Status == MemberStatus.Up && member.UniqueAddress != _cluster.SelfUniqueAddress);

    [LoggerMessage(Level = LogLevel.Information, Message = "The journal can be written again.")]
    private partial void LogWritable();

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal can't be written: {Why}")]
    private partial void LogUnwritable(string why);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "This node alone can't write the journal, others can. It exits with code {ExitCode}, so that other nodes activate its coupons. "
            + "Mend its connection to the database and start it again.")]
    private partial void LogMakesWay(int exitCode);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The database is another server now: {Server} instead of {Before}. All coupons of this node recover from it.")]
    private partial void LogOtherServer(string server, string before);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The database {Server} has lost its end: what this node wrote a moment ago is not there. All coupons of this node recover from it.")]
    private partial void LogOlder(string server);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Server} holds all events that this node has seen durable in the last minutes.")]
    private partial void LogWhole(string server);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "{Server} lacks {Events} acknowledged events of {Coupons} coupons: {Which}. "
            + "Bring back the server that has them, or put them in from its binary log.")]
    private partial void LogLost(string server, long events, int coupons, string which);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What {Server} lacks of what was acknowledged could not be looked up; trying again: {Why}")]
    private partial void LogNotCompared(string server, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The settings of the database may lose what it acknowledges, or are not what they should be: {Why}")]
    private partial void LogSettings(string why);

    private sealed record Failed(Exception Cause);

    private sealed record Compared(string Server, IReadOnlyList<LostEvents> Lost);

    private sealed record NotCompared(string Server, Exception Cause);

    private sealed class SettingsUnknown
    {
        public static readonly SettingsUnknown Instance = new();
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
