using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Engine.Payments;

/// <summary>Brings what the events of orders ask of the payment provider to the desk that asks it.</summary>
public sealed class OrderPayments(PaymentDesk desk) : IEventSubscriber
{
    public string Source => OrderReactions.Order;

    public void Take(long id, Event happened)
    {
        if (PaymentAsk.Of((OrderEvent)happened) is { } ask)
            desk.Take(id, ask);
    }
}
