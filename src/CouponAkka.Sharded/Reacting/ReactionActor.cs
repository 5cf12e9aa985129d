using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Sharded.Reacting;

/// <summary>
/// Delivers what events ask of others as long as it lives: to be hosted as the cluster's one. Two at once do no harm (<see cref="MySqlReactionStore"/>), but
/// <see cref="Stop"/> lets this one save what it has delivered before the next begins, which so need not deliver it again.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "An actor's end is PostStop.")]
internal sealed class ReactionActor(ReactionRunner runner, NodeReactions here) : UntypedActor
{
    private readonly CancellationTokenSource _stop = new();

    /// <param name="runner">Makes one for each life of the actor.</param>
    public static Props Props(Func<ReactionRunner> runner, NodeReactions here) => Akka.Actor.Props.Create(() => new ReactionActor(runner(), here));

    protected override void PreStart()
    {
        here.AreHere = true;
        var stop = _stop.Token;
        Task.Run(() => runner.RunAsync(stop), CancellationToken.None).PipeTo(Self, success: () => Ended.Instance);
    }

    protected override void PostStop()
    {
        here.AreHere = false;
        _stop.Cancel();
        _stop.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Stop:
                _stop.Cancel();
                break;
            case Ended:
                Context.Stop(Self);
                break;
            // Its supervisor begins anew.
            case Status.Failure { Cause: var cause }:
                throw new InvalidOperationException("Reactions have ended by themselves.", cause);
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>To end once what has been delivered is saved.</summary>
    public sealed class Stop : INoSerializationVerificationNeeded
    {
        public static readonly Stop Instance = new();

        private Stop()
        {
        }
    }

    private sealed class Ended
    {
        public static readonly Ended Instance = new();
    }
}
