namespace CouponAkka.Domain.Orders;

/// <summary>
/// What an order's event asks of the payment provider, under the order's id as key. It may be delivered again, and may be lost: the order's timer makes it
/// ask again. The answers are <see cref="ConfirmPayment"/>, <see cref="DeclinePayment"/> and <see cref="ConfirmReturn"/>; not to know is no answer.
/// </summary>
public abstract record PaymentAsk
{
    /// <summary>Null for an event that asks nothing of the provider.</summary>
    public static PaymentAsk? Of(OrderEvent happened) => happened switch
    {
        OrderStockReserved { CouponId: null } reserved => new TakePayment(reserved.Amount),
        OrderCouponHeld held => new TakePayment(held.ToPay),
        PaymentAskedAgain again => new TakePayment(again.ToPay),
        OrderCanceled { MayBePaid: true } or ReturnAsked => GiveBack.Instance,
        _ => null,
    };
}

/// <summary>Take so much, unless it is taken already. Nothing to pay is taken without the provider.</summary>
public sealed record TakePayment(long Amount) : PaymentAsk;

/// <summary>Give back what was taken, if anything, and take nothing that is asked later.</summary>
public sealed record GiveBack : PaymentAsk
{
    public static readonly GiveBack Instance = new();
}
