using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Notifying;

namespace CouponAkka.Engine.Orders;

/// <summary>What people and programs are told of orders.</summary>
internal static class OrderNotifications
{
    private const string Placed = "order.placed";
    private const string StockReserved = "order.stock-reserved";
    private const string CouponHeld = "order.coupon-held";
    private const string AskedAgain = "order.payment-asked-again";
    private const string Paid = "order.paid";
    private const string Shipped = "order.shipped";
    private const string Canceled = "order.canceled";
    private const string AskedReturn = "order.return-asked";
    private const string Returned = "order.payment-returned";

    public static readonly IReadOnlyList<string> All =
        [Placed, StockReserved, CouponHeld, AskedAgain, Paid, Shipped, Canceled, AskedReturn, Returned];

    public static NotificationLine LineOf(long orderId, OrderEvent happened) => happened switch
    {
        OrderPlaced placed => Line(
            orderId, placed, Placed, $"User {placed.UserId} ordered {placed.Quantity} of product {placed.ProductId}.",
            ("userId", placed.UserId), ("productId", placed.ProductId), ("quantity", placed.Quantity), ("couponId", placed.CouponId)),
        OrderStockReserved reserved => Line(
            orderId, reserved, StockReserved, $"The stock of order {orderId} is reserved.",
            ("price", reserved.Price), ("amount", reserved.Amount), ("couponId", reserved.CouponId)),
        OrderCouponHeld held => Line(
            orderId, held, CouponHeld, $"A coupon is held for order {orderId}.", ("discount", held.Discount), ("toPay", held.ToPay)),
        PaymentAskedAgain again => Line(
            orderId, again, AskedAgain, $"Order {orderId} asks for its payment again.", ("toPay", again.ToPay), ("time", again.Time)),
        OrderPaid paid => Line(
            orderId, paid, Paid, $"Order {orderId} is paid.", ("productId", paid.ProductId), ("couponId", paid.CouponId)),
        OrderShipped shipped => Line(orderId, shipped, Shipped, $"Order {orderId} is shipped."),
        OrderCanceled canceled => Line(orderId, canceled, Canceled, $"Order {orderId} is canceled: {CancelCode.Of(canceled.Reason)}."),
        ReturnAsked asked => Line(orderId, asked, AskedReturn, $"Order {orderId} asks for its money back.", ("time", asked.Time)),
        PaymentReturned returned => Line(orderId, returned, Returned, $"Nothing is taken for order {orderId}."),
        _ => throw new ArgumentException($"Nothing is told of {happened.GetType().Name}.", nameof(happened)),
    };

    private static NotificationLine Line(
        long orderId, OrderEvent happened, string kind, string text, params ReadOnlySpan<(string Name, long? Value)> data) =>
        NotificationLine.Of(happened.At, kind, $"/orders/{orderId}", text, [("orderId", orderId), .. data]);
}
