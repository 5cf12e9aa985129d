namespace CouponAkka.Engine.Ports;

/// <summary>The cluster as one of its nodes sees it, as JSON; null if none can be asked.</summary>
public interface IClusterView
{
    /// <summary>Members, shards, coupons awake, and the projection.</summary>
    Task<string?> DescribeAsync(CancellationToken cancel);

    /// <summary>Where a coupon lives.</summary>
    Task<string?> LocateAsync(long couponId, CancellationToken cancel);
}
