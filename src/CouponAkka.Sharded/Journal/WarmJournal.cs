using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Pattern;
using Akka.Persistence;
using CouponAkka.Contracts;

namespace CouponAkka.Sharded.Journal;

/// <summary>Whether a write has gone the way of a coupon's. Any thread may ask.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class WarmJournal
{
    private volatile bool _written;

    public bool IsWritten => _written;

    public void Written() => _written = true;
}

/// <summary>
/// Writes something of no meaning to the journal: the first write of a process takes nearly a second, which nobody who wants a coupon
/// should wait for. Tries again until it succeeds.
/// </summary>
internal sealed class WarmUpActor(WarmJournal journal) : UntypedPersistentActor
{
    public override string PersistenceId { get; } = $"warm-up-{Guid.NewGuid():N}";

    public static Props Props(WarmJournal journal) => BackoffSupervisor.Props(Backoff.OnStop(
        Akka.Actor.Props.Create(() => new WarmUpActor(journal)), "writer", TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2), 0.2, maxNrOfRetries: -1));

    protected override void OnRecover(object message)
    {
        if (message is RecoveryCompleted)
            Self.Tell(WriterFence.Instance);
    }

    protected override void OnCommand(object message)
    {
        if (message is WriterFence)
        {
            Persist(message, _ => journal.Written());
        }
    }
}
