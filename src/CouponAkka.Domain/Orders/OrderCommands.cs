using CouponAkka.Domain.Coupons;

namespace CouponAkka.Domain.Orders;

/// <summary>What can be asked of one order, or told to it.</summary>
public abstract record OrderCommand : Command;

/// <summary>Place the order, or learn that the same is placed already. The terms of the first are those that count.</summary>
/// <param name="Key">The asker's own, under which it orders once; null for none.</param>
public sealed record PlaceOrder(long UserId, long ProductId, int Quantity, long? CouponId, OrderTerms Terms, string? Key = null) : OrderCommand;

/// <summary>What whoever runs the shop has settled for orders. It stands in the order's first event, so that replay looks at no setting.</summary>
/// <param name="TimeOut">How long an order may take until it is paid.</param>
/// <param name="AskAgainAfter">After how long the payment provider is asked again, the first time; then after twice as long, and so on.</param>
/// <param name="Preparation">From payment to shipment.</param>
public sealed record OrderTerms(TimeSpan TimeOut, TimeSpan AskAgainAfter, TimeSpan Preparation)
{
    public static readonly OrderTerms Default = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
}

/// <summary>How does the order stand?</summary>
public sealed record GetOrder : OrderCommand
{
    public static readonly GetOrder Instance = new();
}

/// <summary>The product has set the stock aside, at this price for each.</summary>
public sealed record ConfirmStock(long Price) : OrderCommand;

/// <summary>The product has not enough stock.</summary>
public sealed record RefuseStock : OrderCommand
{
    public static readonly RefuseStock Instance = new();
}

/// <summary>The coupon holds the user's unit for this order, which takes off so much.</summary>
public sealed record ConfirmHold(long Discount) : OrderCommand;

/// <summary>The coupon holds nothing for this order.</summary>
public sealed record RefuseHold(RefusalReason Reason) : OrderCommand;

/// <summary>The payment provider has taken the money.</summary>
public sealed record ConfirmPayment : OrderCommand
{
    public static readonly ConfirmPayment Instance = new();
}

/// <summary>The payment provider has taken nothing, and will not.</summary>
public sealed record DeclinePayment : OrderCommand
{
    public static readonly DeclinePayment Instance = new();
}

/// <summary>The payment provider has given back what it took for this order, if anything, and will take nothing.</summary>
public sealed record ConfirmReturn : OrderCommand
{
    public static readonly ConfirmReturn Instance = new();
}

/// <summary>The order is due: its time is out, the provider is to be asked again, or it is to be shipped. Asked too early, it does nothing.</summary>
public sealed record PassTime : OrderCommand
{
    public static readonly PassTime Instance = new();
}
