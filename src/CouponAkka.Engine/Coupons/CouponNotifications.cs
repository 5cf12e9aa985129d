using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Notifying;

namespace CouponAkka.Engine.Coupons;

/// <summary>What people and programs are told of coupons.</summary>
internal static class CouponNotifications
{
    private const string Created = "coupon.created";
    private const string Changed = "coupon.changed";
    private const string Stopped = "coupon.stopped";
    private const string Resumed = "coupon.resumed";
    private const string Issued = "coupon.issued";
    private const string Used = "coupon.used";
    private const string Held = "coupon.held";
    private const string Released = "coupon.released";
    private const string NotHeld = "coupon.not-held";

    public static readonly IReadOnlyList<string> All = [Created, Changed, Stopped, Resumed, Issued, Used, Held, Released, NotHeld];

    public static NotificationLine LineOf(long couponId, CouponEvent happened, int index) => happened switch
    {
        CouponCreated { Policy: var policy, At: var at } => Line(
            couponId, at, Created, $"Coupon {couponId} was created: {policy.Title}.",
            ("totalQuantity", policy.TotalQuantity), ("discountAmount", policy.DiscountAmount), ("minAvailableAmount", policy.MinAvailableAmount),
            ("vendorId", policy.VendorId)),
        CouponChanged changed => Line(
            couponId, changed.At, Changed, $"Coupon {couponId} was changed: {changed.Title}.", ("totalQuantity", changed.TotalQuantity)),
        IssuingStopped { At: var at } => Line(couponId, at, Stopped, $"Issuing of coupon {couponId} was stopped."),
        IssuingResumed { At: var at } => Line(couponId, at, Resumed, $"Issuing of coupon {couponId} was resumed."),
        CouponsIssued { Issues: var issues } when issues[index] is var issue => Line(
            couponId, issue.DateIssued, Issued, $"User {issue.UserId} was issued coupon {couponId}, ticket {issue.Ticket}.",
            ("userId", issue.UserId), ("ticket", issue.Ticket)),
        CouponUsed used => Line(
            couponId, used.DateUsed, Used, $"User {used.UserId} used coupon {couponId}, ticket {used.Ticket}.",
            ("userId", used.UserId), ("ticket", used.Ticket), ("orderAmount", used.OrderAmount), ("discountAmount", used.DiscountAmount),
            ("vendorId", used.VendorId), ("orderId", used.OrderId)),
        CouponHeld held => Line(
            couponId, held.At, Held, $"Ticket {held.Ticket} of coupon {couponId}, of user {held.UserId}, is held for order {held.OrderId}.",
            ("userId", held.UserId), ("ticket", held.Ticket), ("orderId", held.OrderId), ("discountAmount", held.DiscountAmount)),
        HoldReleased released => Line(
            couponId, released.At, Released, $"Ticket {released.Ticket} of coupon {couponId} is held for order {released.OrderId} no more.",
            ("ticket", released.Ticket), ("orderId", released.OrderId)),
        HoldRefused refused => Line(
            couponId, refused.At, NotHeld, $"Coupon {couponId} holds nothing for order {refused.OrderId}: {RefusalCode.Of(refused.Reason)}.",
            ("orderId", refused.OrderId)),
        _ => throw new ArgumentException($"Nothing is told of {happened.GetType().Name}.", nameof(happened)),
    };

    private static NotificationLine Line(long couponId, Timestamp at, string kind, string text, params ReadOnlySpan<(string Name, long? Value)> data) =>
        NotificationLine.Of(at, kind, $"/coupons/{couponId}", text, [("couponId", couponId), .. data]);
}
