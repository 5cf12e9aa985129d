using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Orders;
using CouponAkka.Engine.Products;
using CouponAkka.Engine.Vendors;

namespace CouponAkka.Engine.Tests.Notifying;

/// <summary>What is told of each event.</summary>
public sealed class NotificationTests
{
    private static readonly Timestamp At = new(1_700_000_000_000_000);

    private static readonly (EntityKind Kind, Event Happened, string[] Told)[] Examples =
    [
        (CouponKind.Instance, new CouponCreated(new CouponPolicy("Spring", null, 1_000, 20_000, At, At.Plus(TimeSpan.FromDays(1)), VendorId: 3), At),
            ["coupon.created /coupons/7 Coupon 7 was created: Spring. couponId=7 discountAmount=1000 minAvailableAmount=20000 vendorId=3"]),
        (CouponKind.Instance, new CouponChanged("Summer", 5, At, At.Plus(TimeSpan.FromDays(1)), At),
            ["coupon.changed /coupons/7 Coupon 7 was changed: Summer. couponId=7 totalQuantity=5"]),
        (CouponKind.Instance, new IssuingStopped(At), ["coupon.stopped /coupons/7 Issuing of coupon 7 was stopped. couponId=7"]),
        (CouponKind.Instance, new IssuingResumed(At), ["coupon.resumed /coupons/7 Issuing of coupon 7 was resumed. couponId=7"]),
        (CouponKind.Instance, new CouponsIssued([new(5, 1, At), new(6, 2, At)]),
            [
                "coupon.issued /coupons/7 User 5 was issued coupon 7, ticket 1. couponId=7 userId=5 ticket=1",
                "coupon.issued /coupons/7 User 6 was issued coupon 7, ticket 2. couponId=7 userId=6 ticket=2",
            ]),
        (CouponKind.Instance, new CouponUsed(5, 1, OrderAmount: null, 1_000, VendorId: 3, At),
            ["coupon.used /coupons/7 User 5 used coupon 7, ticket 1. couponId=7 userId=5 ticket=1 discountAmount=1000 vendorId=3"]),
        (VendorKind.Instance, new VendorNamed("Cafe", 0, 0, At), ["vendor.named /vendors/7 Vendor 7 is named Cafe. vendorId=7"]),
        (VendorKind.Instance, new VendorCredited(new("coupon", 8, 1), 1, 8, 5, 1, null, 100, At),
            ["vendor.credited /vendors/7 Vendor 7 was paid 100: user 5 used coupon 8. vendorId=7 amount=100 couponId=8 userId=5 ticket=1"]),
        (CouponKind.Instance, new CouponHeld(5, 1, 9, 20_000, 1_000, At),
            ["coupon.held /coupons/7 Ticket 1 of coupon 7, of user 5, is held for order 9. couponId=7 userId=5 ticket=1 orderId=9 discountAmount=1000"]),
        (CouponKind.Instance, new HoldReleased(1, 9, At),
            ["coupon.released /coupons/7 Ticket 1 of coupon 7 is held for order 9 no more. couponId=7 ticket=1 orderId=9"]),
        (CouponKind.Instance, new HoldRefused(9, RefusalReason.AlreadyUsed, At),
            ["coupon.not-held /coupons/7 Coupon 7 holds nothing for order 9: COUPON_ALREADY_USED. couponId=7 orderId=9"]),
        (ProductKind.Instance, new ProductCreated("Chicken", 9_000, 10, At),
            ["product.created /products/7 Product 7 was put up: Chicken. productId=7 price=9000 stock=10"]),
        (ProductKind.Instance, new ProductChanged("Duck", 8_000, At), ["product.changed /products/7 Product 7 was changed: Duck. productId=7 price=8000"]),
        (ProductKind.Instance, new Restocked(5, "key", At), ["product.restocked /products/7 There is 5 more of product 7. productId=7 quantity=5"]),
        (ProductKind.Instance, new StockReserved([new(9, 2), new(8, 1)], 9_000, At),
            [
                "product.reserved /products/7 2 of product 7 is reserved for order 9. productId=7 orderId=9 quantity=2 price=9000",
                "product.reserved /products/7 1 of product 7 is reserved for order 8. productId=7 orderId=8 quantity=1 price=9000",
            ]),
        (ProductKind.Instance, new StockRefused([new(9, 2)], At),
            ["product.not-reserved /products/7 There is not 2 of product 7 for order 9. productId=7 orderId=9 quantity=2"]),
        (ProductKind.Instance, new StockReleased([new(9, 2)], At),
            ["product.released /products/7 2 of product 7, reserved for order 9, may be had again. productId=7 orderId=9 quantity=2"]),
        (ProductKind.Instance, new StockSold([new(9, 2)], At),
            ["product.sold /products/7 2 of product 7 is sold to order 9. productId=7 orderId=9 quantity=2"]),
        (OrderKind.Instance, new OrderPlaced(5, 3, 2, 1, OrderTerms.Default, At, At),
            ["order.placed /orders/7 User 5 ordered 2 of product 3. orderId=7 userId=5 productId=3 quantity=2 couponId=1"]),
        (OrderKind.Instance, new OrderStockReserved(5, null, 9_000, 18_000, At, At),
            ["order.stock-reserved /orders/7 The stock of order 7 is reserved. orderId=7 price=9000 amount=18000"]),
        (OrderKind.Instance, new OrderCouponHeld(1_000, 17_000, At, At),
            ["order.coupon-held /orders/7 A coupon is held for order 7. orderId=7 discount=1000 toPay=17000"]),
        (OrderKind.Instance, new PaymentAskedAgain(17_000, 1, At, At),
            ["order.payment-asked-again /orders/7 Order 7 asks for its payment again. orderId=7 toPay=17000 time=1"]),
        (OrderKind.Instance, new OrderPaid(3, null, At, At), ["order.paid /orders/7 Order 7 is paid. orderId=7 productId=3"]),
        (OrderKind.Instance, new OrderShipped(At), ["order.shipped /orders/7 Order 7 is shipped. orderId=7"]),
        (OrderKind.Instance, new OrderCanceled(CancelReason.OutOfStock, null, null, MayBePaid: false, At, null),
            ["order.canceled /orders/7 Order 7 is canceled: OUT_OF_STOCK. orderId=7"]),
        (OrderKind.Instance, new ReturnAsked(0, At, At), ["order.return-asked /orders/7 Order 7 asks for its money back. orderId=7 time=0"]),
        (OrderKind.Instance, new PaymentReturned(At), ["order.payment-returned /orders/7 Nothing is taken for order 7. orderId=7"]),
    ];

    [Fact]
    [Trait("Promise", "17")]
    public void Each_event_is_told_in_as_many_lines_as_things_have_happened()
    {
        foreach (var (kind, happened, told) in Examples)
        {
            Assert.Equal(told, Enumerable.Range(0, kind.LinesOf(happened)).Select(index => Text(kind.LineOf(7, happened, index))));
            Assert.All(Enumerable.Range(0, kind.LinesOf(happened)), index => Assert.Equal(At, kind.LineOf(7, happened, index).At));
        }
    }

    [Fact]
    [Trait("Promise", "17")]
    public void There_is_an_example_of_each_event_and_each_kind_names_what_it_tells()
    {
        Type[] all = [.. typeof(Event).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Event)) && !type.IsAbstract)];
        var known = all.Where(type => EntityKinds.All.Any(kind => kind.EventType.IsAssignableFrom(type)));
        Assert.Empty(known.Except(Examples.Select(example => example.Happened.GetType())));
        foreach (var kind in EntityKinds.All)
        {
            Assert.Equal(
                kind.Notifications.Order(),
                Examples.Where(example => example.Kind == kind).Select(example => kind.LineOf(1, example.Happened, 0).Kind).Distinct().Order());
            Assert.All(kind.Notifications, name => Assert.StartsWith(kind.Name + ".", name, StringComparison.Ordinal));
        }
    }

    [Fact]
    [Trait("Promise", "17")]
    public void An_event_has_its_numbers_also_when_it_can_not_be_read()
    {
        var issued = new CouponsIssued([new(5, 1, At), new(6, 2, At), new(7, 3, At)]);
        var numbers = EventNumbers.At(10, CouponKind.Instance, issued, TimeProvider.System);
        Assert.Equal((10, 12, null), (numbers.First, numbers.Last, numbers.UnreadableAt));
        Assert.Equal(
            ["11 ticket 2", "12 ticket 3"],
            numbers.LinesAfter(10, CouponKind.Instance, 7, 2, issued).Select(line => $"{line.N} ticket {line.Line.Data["ticket"]}"));
        Assert.Equal(
            ["10 event.unreadable", "11 event.unreadable", "12 event.unreadable"],
            numbers.LinesAfter(0, CouponKind.Instance, 7, 2, null).Select(line => $"{line.N} {line.Line.Kind}"));

        var unreadable = EventNumbers.At(13, CouponKind.Instance, null, TimeProvider.System);
        // Mended later, it stays what it was.
        Assert.Equal(
            ["13 event.unreadable Event 3 of coupon 7 can't be read."],
            unreadable.LinesAfter(12, CouponKind.Instance, 7, 3, issued).Select(line => $"{line.N} {line.Line.Kind} {line.Line.Text}"));
    }

    private static string Text(NotificationLine line) =>
        $"{line.Kind} {line.Subject} {line.Text} {string.Join(' ', line.Data.Select(data => $"{data.Key}={data.Value}"))}";
}
