using CouponAkka.Domain.Orders;

namespace CouponAkka.Domain.Tests.Orders;

/// <summary>What the random shops, whose provider is honest, do not meet.</summary>
public class OrderTests
{
    private static readonly Timestamp Noon = Timestamp.From(new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_payment_told_after_a_refusal_is_asked_back_once()
    {
        var order = Placed();
        Tell(order, new ConfirmStock(100));
        Tell(order, DeclinePayment.Instance);

        Assert.Equal(new ReturnAsked(0, Noon, Noon.Plus(TimeSpan.FromSeconds(2))), Tell(order, ConfirmPayment.Instance));
        Assert.Null(Tell(order, ConfirmPayment.Instance));
        Assert.Equal(new PaymentReturned(Noon), Tell(order, ConfirmReturn.Instance));
        Assert.Null(Tell(order, ConfirmPayment.Instance));
    }

    [Fact]
    public void A_payment_told_before_it_is_asked_for_is_not_believed() => Assert.Null(Tell(Placed(), ConfirmPayment.Instance));

    [Fact]
    public void Nothing_cancels_an_order_that_is_paid()
    {
        var order = Placed();
        Tell(order, new ConfirmStock(100));
        Tell(order, ConfirmPayment.Instance);

        Assert.Null(Tell(order, DeclinePayment.Instance));
        Assert.Null(Tell(order, RefuseStock.Instance));
        Assert.IsType<OrderShipped>(Tell(order, PassTime.Instance, Noon.Plus(TimeSpan.FromHours(1))));
    }

    [Fact]
    public void The_same_order_is_placed_once_and_another_is_refused()
    {
        var order = Placed();

        Assert.IsType<OrderIs>(order.Decide(new PlaceOrder(1, 2, 3, null, OrderTerms.Default), Noon).Reply);
        Assert.Equal(new OrderRefused(OrderRefusal.OtherOrderExists), order.Decide(new PlaceOrder(1, 2, 4, null, OrderTerms.Default), Noon).Reply);
    }

    private static Order Placed()
    {
        var order = new Order(7);
        Tell(order, new PlaceOrder(1, 2, 3, null, OrderTerms.Default));
        return order;
    }

    private static Event? Tell(Order order, OrderCommand command, Timestamp? at = null)
    {
        var happened = order.Decide(command, at ?? Noon).Event;
        if (happened is not null)
            order.Evolve(happened);
        return happened;
    }
}
