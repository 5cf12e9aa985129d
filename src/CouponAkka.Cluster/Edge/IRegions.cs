using Akka.Actor;

namespace CouponAkka.Cluster.Edge;

/// <summary>The shard regions that coupons can be asked by. Any will do; the one where the coupon lives saves a hop. Any thread may use it.</summary>
internal interface IRegions
{
    /// <summary>The region to ask a coupon by, or null if none answers.</summary>
    IActorRef? Of(long couponId);

    /// <summary>A coupon has answered from there: it, and all of its shard, live there.</summary>
    void Learn(long couponId, Address home);

    /// <summary>Whether it is worth waiting for what was sent there.</summary>
    bool Answers(IActorRef region);
}

/// <summary>That of this process, which holds coupons itself and knows the other nodes as a member does.</summary>
internal sealed class OwnRegion(IActorRef region) : IRegions
{
    public IActorRef? Of(long couponId) => region;

    public void Learn(long couponId, Address home)
    {
        // The region knows.
    }

    public bool Answers(IActorRef region) => true;
}
