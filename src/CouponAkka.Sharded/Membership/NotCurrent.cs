using Akka.Actor;

namespace CouponAkka.Sharded.Membership;

/// <summary>The process ends because the database says that its cluster is not, or no longer, the current one; started again, it joins that.</summary>
internal sealed class NotCurrent : CoordinatedShutdown.Reason
{
    public static readonly NotCurrent Instance = new();

    public override int ExitCode => 6;
}
