using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using CouponAkka.Engine.Notifying;

namespace CouponAkka.Engine.Products;

/// <summary>What people and programs are told of products.</summary>
internal static class ProductNotifications
{
    private const string Created = "product.created";
    private const string Changed = "product.changed";
    private const string Restocked = "product.restocked";
    private const string Reserved = "product.reserved";
    private const string NotReserved = "product.not-reserved";
    private const string Released = "product.released";
    private const string Sold = "product.sold";

    public static readonly IReadOnlyList<string> All = [Created, Changed, Restocked, Reserved, NotReserved, Released, Sold];

    public static NotificationLine LineOf(long productId, ProductEvent happened, int index) => happened switch
    {
        StockMoved moved => LineOf(productId, moved, moved.Orders[index]),
        Domain.Products.Restocked restocked => Line(
            productId, restocked.At, Restocked, $"There is {restocked.Quantity} more of product {productId}.", ("quantity", restocked.Quantity)),
        ProductCreated created => Line(
            productId, created.At, Created, $"Product {productId} was put up: {created.Name}.", ("price", created.Price), ("stock", created.Stock)),
        ProductChanged changed => Line(productId, changed.At, Changed, $"Product {productId} was changed: {changed.Name}.", ("price", changed.Price)),
        _ => throw new ArgumentException($"Nothing is told of {happened.GetType().Name}.", nameof(happened)),
    };

    private static NotificationLine LineOf(long productId, StockMoved moved, OrderStock order)
    {
        var what = $"{order.Quantity} of product {productId}";
        var (kind, text) = moved switch
        {
            StockReserved => (Reserved, $"{what} is reserved for order {order.OrderId}."),
            StockRefused => (NotReserved, $"There is not {what} for order {order.OrderId}."),
            StockReleased => (Released, $"{what}, reserved for order {order.OrderId}, may be had again."),
            StockSold => (Sold, $"{what} is sold to order {order.OrderId}."),
            _ => throw new ArgumentException($"Nothing is told of {moved.GetType().Name}.", nameof(moved)),
        };
        return Line(
            productId, moved.At, kind, text,
            ("orderId", order.OrderId), ("quantity", order.Quantity), ("price", moved is StockReserved reserved ? reserved.Price : null));
    }

    private static NotificationLine Line(long productId, Timestamp at, string kind, string text, params ReadOnlySpan<(string Name, long? Value)> data) =>
        NotificationLine.Of(at, kind, $"/products/{productId}", text, [("productId", productId), .. data]);
}
