using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace CouponAkka.Sharded;

/// <summary>
/// Runs something as long as it lives: to be hosted as the cluster's one. Two at once must do no harm, but <see cref="Stop"/> lets this one save what it has
/// done before the next begins, which so need not do it again.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "An actor's end is PostStop.")]
internal abstract class SingletonRun(string what) : UntypedActor
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Ends when it is cancelled; a failure begins the actor anew.</summary>
    protected abstract Task RunAsync(CancellationToken stop);

    /// <summary>Whether it is this node that runs it.</summary>
    protected abstract void IsHere(bool isHere);

    protected override void PreStart()
    {
        IsHere(true);
        var stop = _stop.Token;
        Task.Run(() => RunAsync(stop), CancellationToken.None).PipeTo(Self, success: () => Ended.Instance);
    }

    protected override void PostStop()
    {
        IsHere(false);
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
                throw new InvalidOperationException($"{what} have ended by themselves.", cause);
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>To end once what has been done is saved.</summary>
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
