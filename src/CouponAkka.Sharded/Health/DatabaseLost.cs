using Akka.Actor;

namespace CouponAkka.Sharded.Health;

/// <summary>The process ends because it alone can't write the journal; started again, it is of use as soon as it can.</summary>
internal sealed class DatabaseLost : CoordinatedShutdown.Reason
{
    public static readonly DatabaseLost Instance = new();

    public override int ExitCode => 5;
}
