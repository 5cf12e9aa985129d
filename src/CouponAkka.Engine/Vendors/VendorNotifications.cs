using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Notifying;

namespace CouponAkka.Engine.Vendors;

/// <summary>What people and programs are told of vendors.</summary>
internal static class VendorNotifications
{
    private const string Named = "vendor.named";
    private const string Credited = "vendor.credited";

    public static readonly IReadOnlyList<string> All = [Named, Credited];

    public static NotificationLine LineOf(long vendorId, VendorEvent happened) => happened switch
    {
        VendorNamed named => NotificationLine.Of(
            named.At, Named, $"/vendors/{vendorId}", $"Vendor {vendorId} is named {named.Name}.", ("vendorId", vendorId)),
        VendorCredited paid => NotificationLine.Of(
            paid.At, Credited, $"/vendors/{vendorId}", $"Vendor {vendorId} was paid {paid.Amount}: user {paid.UserId} used coupon {paid.CouponId}.",
            ("vendorId", vendorId), ("amount", paid.Amount), ("couponId", paid.CouponId), ("userId", paid.UserId), ("ticket", paid.Ticket),
            ("orderId", paid.OrderId)),
        _ => throw new ArgumentException($"Nothing is told of {happened.GetType().Name}.", nameof(happened)),
    };
}
