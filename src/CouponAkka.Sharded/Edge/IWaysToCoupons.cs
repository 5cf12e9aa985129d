using Akka.Actor;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// By whom coupons can be asked: the shard region of this process, or the desk of any node; that of the one where the coupon lives saves a hop. Any thread
/// may use it.
/// </summary>
internal interface IWaysToCoupons
{
    /// <summary>Whether any answers.</summary>
    bool Any { get; }

    /// <summary>Whom to ask a coupon by, or null if nobody answers.</summary>
    IActorRef? Of(long couponId);

    /// <summary>A coupon has answered from there: it, and all of its shard, live there.</summary>
    void Learn(long couponId, Address home);

    /// <summary>Whether it is worth waiting for what was sent there.</summary>
    bool Answers(IActorRef asked);
}

/// <summary>That of this process, which holds coupons itself and knows the other nodes as a member does.</summary>
internal sealed class OwnRegion(IActorRef region) : IWaysToCoupons
{
    public bool Any => true;

    public IActorRef? Of(long couponId) => region;

    public void Learn(long couponId, Address home)
    {
        // The region knows.
    }

    public bool Answers(IActorRef asked) => true;
}
