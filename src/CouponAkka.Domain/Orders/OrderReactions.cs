using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Products;

namespace CouponAkka.Domain.Orders;

/// <summary>
/// What an order's events ask of product and coupon, and what theirs tell the order. An order asks each thing once, so its id is the key of all it asks:
/// product and coupon remember the order, the order its state, and no number of an event is needed.
/// </summary>
public static class OrderReactions
{
    public const string Order = "order";
    public const string Product = "product";
    public const string Coupon = "coupon";

    /// <summary>What an order's event asks of its product and of its coupon.</summary>
    public static IEnumerable<Ask> Of(long orderId, OrderEvent happened)
    {
        if (OfProduct(orderId, happened) is { } product)
            yield return product;
        if (OfCoupon(orderId, happened) is { } coupon)
            yield return coupon;
    }

    /// <summary>What a product's event tells each order that it is about.</summary>
    public static IEnumerable<Ask> Told(ProductEvent happened) => happened switch
    {
        StockReserved reserved => reserved.Orders.Select(order => new Ask(Order, order.OrderId, new ConfirmStock(reserved.Price))),
        StockRefused refused => refused.Orders.Select(order => new Ask(Order, order.OrderId, RefuseStock.Instance)),
        _ => [],
    };

    /// <summary>What a coupon's event tells the order that it is about, if any.</summary>
    public static Ask? Told(CouponEvent happened) => happened switch
    {
        CouponHeld held => new(Order, held.OrderId, new ConfirmHold(held.DiscountAmount)),
        HoldRefused refused => new(Order, refused.OrderId, new RefuseHold(refused.Reason)),
        _ => null,
    };

    private static Ask? OfProduct(long orderId, OrderEvent happened) => happened switch
    {
        OrderPlaced placed => new(Product, placed.ProductId, new ReserveStock(orderId, placed.Quantity)),
        OrderPaid paid => new(Product, paid.ProductId, new SellStock(orderId)),
        OrderCanceled { ProductId: { } productId } => new(Product, productId, new ReleaseStock(orderId)),
        _ => null,
    };

    private static Ask? OfCoupon(long orderId, OrderEvent happened) => happened switch
    {
        OrderStockReserved { CouponId: { } couponId } reserved => new(Coupon, couponId, new HoldUnit(reserved.UserId, orderId, reserved.Amount)),
        OrderPaid { CouponId: { } couponId } => new(Coupon, couponId, new UseHeldUnit(orderId)),
        OrderCanceled { CouponId: { } couponId } => new(Coupon, couponId, new ReleaseUnit(orderId)),
        _ => null,
    };
}
