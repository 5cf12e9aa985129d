using CouponAkka.Domain;
using CouponAkka.Domain.Orders;

namespace CouponAkka.Contracts;

/// <content>What can be of orders. Whether an order can have an event where it is, is the order's to know.</content>
internal static partial class Rules
{
    public static void Check(OrderEvent happened)
    {
        CheckTime("Time", happened.At);
        CheckTime("Due time", happened.DueAt);
        switch (happened)
        {
            case OrderPlaced placed:
                CheckOrder(placed.UserId, placed.ProductId, placed.Quantity, placed.CouponId);
                CheckKey(placed.Key);
                Check(placed.Terms);
                break;
            case OrderStockReserved reserved:
                CheckId("User id", reserved.UserId);
                CheckIdIfAny("Coupon id", reserved.CouponId);
                CheckAmount("Price", reserved.Price);
                CheckAmount("Amount", reserved.Amount);
                break;
            case OrderCouponHeld held:
                CheckAmount("Discount", held.Discount);
                CheckAmount("What is to pay", held.ToPay);
                break;
            case PaymentAskedAgain again:
                CheckAmount("What is to pay", again.ToPay);
                CheckAmount("Time", again.Time);
                break;
            case OrderPaid paid:
                CheckId("Product id", paid.ProductId);
                CheckIdIfAny("Coupon id", paid.CouponId);
                break;
            case OrderCanceled canceled:
                CheckDefined("Reason", canceled.Reason);
                CheckIdIfAny("Product id", canceled.ProductId);
                CheckIdIfAny("Coupon id", canceled.CouponId);
                break;
            case ReturnAsked asked:
                CheckAmount("Time", asked.Time);
                break;
        }
    }

    public static void Check(OrderCommand command)
    {
        switch (command)
        {
            case PlaceOrder place:
                CheckOrder(place.UserId, place.ProductId, place.Quantity, place.CouponId);
                CheckKey(place.Key);
                Check(place.Terms);
                break;
            case ConfirmStock confirm:
                CheckAmount("Price", confirm.Price);
                break;
            case ConfirmHold confirm:
                CheckAmount("Discount", confirm.Discount);
                break;
            case RefuseHold refuse:
                CheckDefined("Reason", refuse.Reason);
                break;
        }
    }

    public static void Check(OrderView order)
    {
        CheckOrder(order.UserId, order.ProductId, order.Quantity, order.CouponId);
        CheckReason(order.Reason);
        CheckAmount("Price", order.Price);
        CheckAmount("Amount", order.Amount);
        CheckAmount("Discount", order.Discount);
        CheckAmount("What is paid", order.Paid);
        Check(order.History);
    }

    public static void Check(OrderSnapshot snapshot)
    {
        Check(snapshot.Placed);
        Check(snapshot.History);
        CheckReason(snapshot.Reason);
        CheckAmount("Price", snapshot.Price);
        CheckAmount("Discount", snapshot.Discount);
        CheckTime("Time of the last event", snapshot.LastAt);
        CheckTime("Due time", snapshot.DueAt);
        CheckAmount("Times asked", snapshot.TimesAsked);
        CheckDefined("Return", snapshot.Return);
    }

    private static void Check(OrderStep[] history)
    {
        if (history.Length == 0)
            throw new InvalidDataException("The history is missing.");
        foreach (var step in history)
        {
            CheckDefined("State", step.State);
            CheckTime("Time", step.At);
        }
    }

    private static void Check(OrderTerms terms)
    {
        foreach (var duration in (ReadOnlySpan<TimeSpan>)[terms.TimeOut, terms.AskAgainAfter, terms.Preparation])
        {
            if (duration < TimeSpan.Zero || duration.Ticks % TimeSpan.TicksPerMicrosecond != 0)
                throw new InvalidDataException($"A duration of {duration} is negative or not of whole microseconds.");
        }
    }

    private static void CheckOrder(long userId, long productId, int quantity, long? couponId)
    {
        CheckId("User id", userId);
        CheckId("Product id", productId);
        CheckQuantity(quantity);
        CheckIdIfAny("Coupon id", couponId);
    }

    private static void CheckReason(CancelReason? reason)
    {
        if (reason is { } canceled)
            CheckDefined("Reason", canceled);
    }

    private static void CheckTime(string what, Timestamp? time)
    {
        if (time is { } some)
            CheckTime(what, some);
    }
}
