using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;

namespace CouponAkka.Sharded.Health;

/// <summary>
/// Ends the process when a member that is up will never hear it again (it quarantined this one). Akka knows and does nothing: both would be members, each
/// deaf to the other, until the split-brain resolver ends both for it. Started again, it is a new member.
/// </summary>
internal sealed class QuarantineWatch : UntypedActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();

    public static Props Props() => Akka.Actor.Props.Create(() => new QuarantineWatch());

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));

    protected override void OnReceive(object message)
    {
        if (message is not ThisActorSystemQuarantinedEvent { RemoteAddress: var by })
        {
            Unhandled(message);
            return;
        }

        // Who is no member, or is leaving, may be right; but it takes nothing with it.
        var cluster = Cluster.Get(Context.System);
        if (cluster.State.Members.All(member => member.Address != by || member.Status != MemberStatus.Up))
        {
            _log.Warning("{0}, which is no member of the cluster that is up, has quarantined this process and takes no message from it any more.", by);
            return;
        }

        _log.Error("{0} has quarantined this process and takes no message from it any more. It exits with another code than 0: start it again.", by);
        // Those that still hear it are told so at once: it must be out before they count who can't reach whom, which would cost the other one too.
        cluster.Down(cluster.SelfAddress);
    }
}
