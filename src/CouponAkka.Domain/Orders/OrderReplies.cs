namespace CouponAkka.Domain.Orders;

/// <summary>What an order answers.</summary>
public abstract record OrderReply : Reply
{
    /// <summary>The write that this answer rests on may or may not have landed.</summary>
    public static readonly OrderRefused OutcomeUnknown = new(OrderRefusal.OutcomeUnknown);

    /// <summary>Nothing was decided.</summary>
    public static readonly OrderRefused Unavailable = new(OrderRefusal.Unavailable);
}

/// <summary>The order as it is now; it was placed by this command, if <paramref name="Placed"/>.</summary>
public sealed record OrderIs(OrderView Order, bool Placed = false) : OrderReply;

/// <summary>The order has heard what it was told.</summary>
public sealed record OrderTold : OrderReply
{
    public static readonly OrderTold Instance = new();
}

/// <summary>No, and why.</summary>
public sealed record OrderRefused(OrderRefusal Reason) : OrderReply;

/// <summary>Why an order refuses.</summary>
public enum OrderRefusal
{
    OrderNotExist = 1,
    OtherOrderExists,
    KeyReused,
    OutcomeUnknown,
    Unavailable,
}

/// <summary>How far an order is.</summary>
public enum OrderState
{
    Created = 1,
    StockReserved,
    CouponHeld,
    Paid,
    Shipped,
    Canceled,
}

/// <summary>What a state is called by programs.</summary>
public static class OrderStateCode
{
    public static string Of(OrderState state) => state switch
    {
        OrderState.Created => "CREATED",
        OrderState.StockReserved => "STOCK_RESERVED",
        OrderState.CouponHeld => "COUPON_HELD",
        OrderState.Paid => "PAID",
        OrderState.Shipped => "SHIPPED",
        OrderState.Canceled => "CANCELED",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "There is no code for this state."),
    };
}

/// <summary>Since when an order was in a state.</summary>
public readonly record struct OrderStep(OrderState State, Timestamp At);

/// <summary>An order as it stands.</summary>
/// <param name="Price">Of each, when its stock was reserved; null until then, as <paramref name="Amount"/> and <paramref name="Discount"/> are.</param>
/// <param name="Amount">Price × quantity.</param>
/// <param name="Discount">What the coupon takes off, 0 without one and until it is held.</param>
/// <param name="Paid">Amount − discount, once it is paid; null until then.</param>
/// <param name="History">Every state it was in, the last of them is the one it is in.</param>
public sealed record OrderView(
    long OrderId,
    long UserId,
    long ProductId,
    int Quantity,
    long? CouponId,
    CancelReason? Reason,
    long? Price,
    long? Amount,
    long? Discount,
    long? Paid,
    OrderStep[] History)
{
    public OrderState State => History[^1].State;

    public bool Equals(OrderView? other) => other is not null && Fields == other.Fields && History.AsSpan().SequenceEqual(other.History);

    public override int GetHashCode() => HashCode.Combine(OrderId, History.Length);

    private (long, long, long, int, long?, CancelReason?, (long?, long?, long?, long?)) Fields =>
        (OrderId, UserId, ProductId, Quantity, CouponId, Reason, (Price, Amount, Discount, Paid));
}
