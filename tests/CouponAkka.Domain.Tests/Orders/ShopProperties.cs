using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;

namespace CouponAkka.Domain.Tests.Orders;

/// <summary>What holds for a shop, whatever is lost, late, told twice or crashes. A failure names the seed and the fewest steps that fail with it.</summary>
public class ShopProperties
{
    private const int Shops = 2000;
    private const int Steps = 400;

    [Fact]
    [Trait("Promise", "12")]
    [Trait("Promise", "13")]
    [Trait("Promise", "14")]
    [Trait("Promise", "15")]
    public void Every_order_ends_and_the_books_balance()
    {
        for (var seed = 0; seed < Shops; seed++)
        {
            if (FailureOf(seed, Steps) is null)
                continue;
            var fewest = Enumerable.Range(0, Steps + 1).First(steps => FailureOf(seed, steps) is not null);
            Assert.Fail($"Seed {seed} fails after {fewest} steps: {FailureOf(seed, fewest)}");
        }
    }

    [Fact]
    public void The_random_shops_meet_every_end_of_an_order_and_every_event()
    {
        var orders = new List<OrderView>();
        var events = new HashSet<string>();
        var refusals = new HashSet<RefusalReason>();
        for (var seed = 0; seed < 200; seed++)
        {
            var shop = Traded(seed, Steps);
            orders.AddRange(shop.OrderIds.Select(shop.Order));
            refusals.UnionWith(Enumerable.Range(1, 3)
                .SelectMany(id => shop.EventsOf(OrderReactions.Coupon, id)).OfType<HoldRefused>().Select(refused => refused.Reason));
            events.UnionWith(shop.OrderIds.SelectMany(id => shop.EventsOf(OrderReactions.Order, id)).Select(happened => happened.GetType().Name));
        }

        Assert.Empty(Enum.GetValues<CancelReason>().Except(orders.Select(order => order.Reason).OfType<CancelReason>()));
        Assert.Equal(
            [
                RefusalReason.CouponNotExist, RefusalReason.IssueNotExist, RefusalReason.AlreadyUsed, RefusalReason.OrderTooSmall, RefusalReason.CouponHeld,
            ],
            refusals.Order());
        Assert.Contains(orders, order => order is { State: OrderState.Shipped, Discount: > 0 });
        Assert.Contains(orders, order => order is { State: OrderState.Shipped, CouponId: null });
        string[] kinds = [.. typeof(OrderEvent).Assembly.GetTypes().Where(type => type.BaseType == typeof(OrderEvent)).Select(type => type.Name)];
        Assert.Empty(kinds.Except(events));
    }

    private static string? FailureOf(int seed, int steps)
    {
        try
        {
            Check(Traded(seed, steps));
            return null;
        }
        catch (Exception failure) when (failure is Xunit.Sdk.XunitException or InvalidEventException)
        {
            return failure.Message;
        }
    }

    private static Shop Traded(int seed, int steps)
    {
        var shop = new Shop(seed);
        shop.Trade(steps);
        shop.ComeToRest();
        return shop;
    }

    private static void Check(Shop shop)
    {
        var orders = shop.OrderIds.Select(shop.Order).ToList();
        foreach (var order in orders)
        {
            // 13: each ends, once.
            Assert.True(order.State is OrderState.Shipped or OrderState.Canceled, $"{order} has not ended.");
            Assert.Single(order.History, step => step.State is OrderState.Shipped or OrderState.Canceled);
            Assert.Equal(order.State == OrderState.Canceled, order.Reason is not null);
            Assert.Equal(order.History.OrderBy(step => step.At).Select(step => step.State), order.History.Select(step => step.State));
            // 14: who got it, paid it; who did not, paid nothing.
            Assert.Equal(order.State == OrderState.Shipped, shop.Payments.Charged.TryGetValue(order.OrderId, out var charged));
            Assert.Equal(order.Paid ?? 0, charged);
        }

        // 12: what is sold is what was shipped, and nothing stays set aside.
        foreach (var product in new[] { shop.Product(1), shop.Product(2) })
        {
            Assert.Equal(0, product.Reserved);
            Assert.Equal(Shipped().Where(order => order.ProductId == product.ProductId).Sum(order => order.Quantity), product.Sold);
        }

        // 15, and what 16 rests on: a unit is used once, by the order that was shipped with it or without one; nothing stays held.
        for (var coupon = 1; coupon <= 2; coupon++)
        {
            var uses = shop.EventsOf(OrderReactions.Coupon, coupon).OfType<CouponUsed>().ToList();
            Assert.Distinct(uses.Select(use => use.Ticket));
            Assert.Equal(
                Shipped().Where(order => order.CouponId == coupon).Select(order => ((long?)order.OrderId, order.Discount!.Value)).Order(),
                uses.Where(use => use.OrderId is not null).Select(use => (use.OrderId, use.DiscountAmount)).Order());
            Assert.Equal(shop.UsedWithoutOrder.Count(used => used.Issue.CouponId == coupon), uses.Count(use => use.OrderId is null));
            var replayed = new Coupon(coupon);
            foreach (var happened in shop.EventsOf(OrderReactions.Coupon, coupon))
                replayed.Evolve(happened);
            Assert.DoesNotContain(replayed.TakeSnapshot().Holds, hold => hold.State == HoldState.Held);
        }

        IEnumerable<OrderView> Shipped() => orders.Where(order => order.State == OrderState.Shipped);
    }
}
