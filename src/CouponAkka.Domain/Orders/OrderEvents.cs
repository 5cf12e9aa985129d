namespace CouponAkka.Domain.Orders;

/// <summary>A fact about one order, with all that others are asked because of it.</summary>
/// <param name="DueAt">When the order is to be asked <see cref="PassTime"/>; null for never.</param>
public abstract record OrderEvent(Timestamp At, Timestamp? DueAt) : Event;

/// <summary>Somebody wants something. Asks the product for stock.</summary>
/// <param name="Key">The asker's own, if there was one.</param>
public sealed record OrderPlaced(
    long UserId,
    long ProductId,
    int Quantity,
    long? CouponId,
    OrderTerms Terms,
    Timestamp At,
    Timestamp? DueAt,
    string? Key = null) : OrderEvent(At, DueAt);

/// <summary>Its stock is set aside. Asks the coupon for the user's unit, or without one the provider for <paramref name="Amount"/>.</summary>
public sealed record OrderStockReserved(long UserId, long? CouponId, long Price, long Amount, Timestamp At, Timestamp? DueAt) : OrderEvent(At, DueAt);

/// <summary>A unit is held for it. Asks the provider for <paramref name="ToPay"/>.</summary>
public sealed record OrderCouponHeld(long Discount, long ToPay, Timestamp At, Timestamp? DueAt) : OrderEvent(At, DueAt);

/// <summary>The provider has not answered for a while. Asks it for the same again.</summary>
/// <param name="Time">1 for the first time, and so on.</param>
public sealed record PaymentAskedAgain(long ToPay, int Time, Timestamp At, Timestamp? DueAt) : OrderEvent(At, DueAt);

/// <summary>It is paid. Asks the product to sell, and the coupon to use, what they hold.</summary>
public sealed record OrderPaid(long ProductId, long? CouponId, Timestamp At, Timestamp? DueAt) : OrderEvent(At, DueAt);

/// <summary>It has left: the order's end.</summary>
public sealed record OrderShipped(Timestamp At) : OrderEvent(At, DueAt: null);

/// <summary>It comes to nothing: the order's end. Asks product and coupon to release what they hold for it or will, and the provider to give back.</summary>
/// <param name="ProductId">Who may hold stock; null for nobody.</param>
/// <param name="CouponId">Who may hold a unit; null for nobody.</param>
/// <param name="MayBePaid">What the provider was asked for is not known to have come to nothing.</param>
public sealed record OrderCanceled(CancelReason Reason, long? ProductId, long? CouponId, bool MayBePaid, Timestamp At, Timestamp? DueAt)
    : OrderEvent(At, DueAt);

/// <summary>A canceled order was paid all the same, or the provider has not said that it was not. Asks it to give back.</summary>
/// <param name="Time">How often that has not been answered: 0 for the first time of being asked.</param>
public sealed record ReturnAsked(int Time, Timestamp At, Timestamp? DueAt) : OrderEvent(At, DueAt);

/// <summary>Nothing is taken for this canceled order.</summary>
public sealed record PaymentReturned(Timestamp At) : OrderEvent(At, DueAt: null);

/// <summary>Why an order came to nothing.</summary>
public enum CancelReason
{
    OutOfStock = 1,
    CouponNotHeld,
    CouponAlreadyUsed,
    InvalidOrderAmount,
    PaymentDeclined,
    TimedOut,
}

/// <summary>What a reason is called by programs.</summary>
public static class CancelCode
{
    public static string Of(CancelReason reason) => reason switch
    {
        CancelReason.OutOfStock => "OUT_OF_STOCK",
        CancelReason.CouponNotHeld => "COUPON_NOT_HELD",
        CancelReason.CouponAlreadyUsed => "COUPON_ALREADY_USED",
        CancelReason.InvalidOrderAmount => "INVALID_ORDER_AMOUNT",
        CancelReason.PaymentDeclined => "PAYMENT_DECLINED",
        CancelReason.TimedOut => "TIMED_OUT",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no code for this reason."),
    };
}
