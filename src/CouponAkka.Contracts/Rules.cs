using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts;

/// <summary>
/// What an event, a command or a snapshot can be. The same rules hold both ways, so that nothing is written that can't
/// be read again; so where <see cref="CouponPolicy"/> has grown stricter than the first release was, they have not. Every check throws
/// <see cref="InvalidDataException"/>.
/// </summary>
internal static partial class Rules
{
    public static void Check(CouponEvent happened)
    {
        switch (happened)
        {
            case CouponsIssued issued:
                Check(issued.Issues);
                break;
            case CouponUsed used:
                CheckId("User id", used.UserId);
                CheckId("Ticket", used.Ticket);
                CheckAmount("Order amount", used.OrderAmount);
                CheckAmount("Discount amount", used.DiscountAmount);
                CheckIdIfAny("Vendor id", used.VendorId);
                CheckTimeOfUse(used.DateUsed);
                CheckIdIfAny("Order id", used.OrderId);
                break;
            case CouponHeld held:
                CheckId("User id", held.UserId);
                CheckId("Ticket", held.Ticket);
                CheckId("Order id", held.OrderId);
                CheckAmount("Order amount", held.OrderAmount);
                CheckAmount("Discount amount", held.DiscountAmount);
                CheckTime("Time", held.At);
                break;
            case HoldReleased released:
                CheckId("Ticket", released.Ticket);
                CheckId("Order id", released.OrderId);
                CheckTime("Time", released.At);
                break;
            case HoldRefused refused:
                CheckId("Order id", refused.OrderId);
                CheckDefined("Reason", refused.Reason);
                CheckTime("Time", refused.At);
                break;
            case CouponCreated created:
                Check(created.Policy);
                CheckPeriod(created.Policy.DateIssueStart, created.Policy.DateIssueEnd);
                CheckTime("Time", created.At);
                break;
            case CouponChanged changed:
                CheckTitle(changed.Title);
                CheckAmount("Total quantity", changed.TotalQuantity);
                CheckTime("Start", changed.DateIssueStart);
                CheckTime("End", changed.DateIssueEnd);
                CheckPeriod(changed.DateIssueStart, changed.DateIssueEnd);
                CheckTime("Time", changed.At);
                break;
            case IssuingStopped stopped:
                CheckTime("Time", stopped.At);
                break;
            case IssuingResumed resumed:
                CheckTime("Time", resumed.At);
                break;
        }
    }

    /// <summary>A period that ends before it starts may be asked for: it is the coupon that refuses it.</summary>
    public static void Check(CouponCommand command)
    {
        switch (command)
        {
            case IssueCoupon issue:
                CheckId("User id", issue.UserId);
                break;
            case UseCoupon use:
                CheckId("User id", use.UserId);
                CheckAmount("Order amount", use.OrderAmount);
                break;
            case HoldUnit hold:
                CheckId("User id", hold.UserId);
                CheckId("Order id", hold.OrderId);
                CheckAmount("Order amount", hold.OrderAmount);
                break;
            case ReleaseUnit release:
                CheckId("Order id", release.OrderId);
                break;
            case UseHeldUnit use:
                CheckId("Order id", use.OrderId);
                break;
            case FindIssue find:
                CheckId("User id", find.UserId);
                break;
            case CreateCoupon create:
                Check(create.Policy);
                break;
            case ChangeCoupon change:
                if (change.Title is { } title)
                    CheckTitle(title);
                CheckAmount("Total quantity", change.TotalQuantity?.Quantity);
                if (change.DateIssueStart is { } start)
                    CheckTime("Start", start);
                if (change.DateIssueEnd is { } end)
                    CheckTime("End", end);
                if (change.IfUpdatedAt is { } known)
                    CheckTime("Time of update", known);
                break;
        }
    }

    /// <summary>All of a snapshot but its holders.</summary>
    public static void Check(CouponView coupon)
    {
        Check(coupon.Policy);
        CheckPeriod(coupon.Policy.DateIssueStart, coupon.Policy.DateIssueEnd);
        CheckTime("Time of creation", coupon.DateCreated);
        CheckTime("Time of update", coupon.DateUpdated);
    }

    public static void Check(in CouponHolder holder)
    {
        CheckId("User id", holder.UserId);
        CheckTime("Time of issue", holder.DateIssued);
        if (holder.DateUsed is { } used)
            CheckTimeOfUse(used);
    }

    public static void Check(in CouponHold hold)
    {
        CheckId("Order id", hold.OrderId);
        CheckDefined("State", hold.State);
        if (hold.State == HoldState.Held)
            CheckId("Ticket", hold.Ticket);
        else if (hold != new CouponHold(hold.OrderId, hold.State))
            throw new InvalidDataException($"Order {hold.OrderId} holds nothing, and yet ticket {hold.Ticket}.");
        CheckAmount("Order amount", hold.OrderAmount);
        CheckAmount("Discount amount", hold.DiscountAmount);
    }

    /// <summary>Tickets are dense, so that a column needs only the first of them.</summary>
    public static void CheckTicket(long ticket, long expected)
    {
        if (ticket != expected)
            throw new InvalidDataException($"Ticket {ticket} stands where ticket {expected} belongs.");
    }

    /// <summary>Every column of a group has one entry for each issue.</summary>
    public static void CheckColumn(string column, int length, long expected)
    {
        if (length != expected)
            throw new InvalidDataException($"The column of {column} has {length} entries instead of {expected}.");
    }

    private static void Check(CouponIssued[] issues)
    {
        if (issues.Length == 0)
            throw new InvalidDataException("It holds no issue.");
        var firstTicket = issues[0].Ticket;
        CheckId("Ticket", firstTicket);
        for (var i = 0; i < issues.Length; i++)
        {
            CheckTicket(issues[i].Ticket, firstTicket + i);
            CheckId("User id", issues[i].UserId);
            CheckTime("Time of issue", issues[i].DateIssued);
        }
    }

    private static void Check(CouponPolicy policy)
    {
        CheckTitle(policy.Title);
        CheckAmount("Total quantity", policy.TotalQuantity);
        CheckAmount("Discount amount", policy.DiscountAmount);
        CheckAmount("Smallest order amount", policy.MinAvailableAmount);
        CheckTime("Start", policy.DateIssueStart);
        CheckTime("End", policy.DateIssueEnd);
        CheckIdIfAny("Vendor id", policy.VendorId);
        CheckDefined("Coupon type", policy.Type);
    }

    private static void CheckTitle(string title)
    {
        if (title.Length == 0)
            throw new InvalidDataException("The title is missing.");
    }

    private static void CheckPeriod(Timestamp start, Timestamp end)
    {
        if (!CouponPolicy.IsPeriod(start, end))
            throw new InvalidDataException($"The end {end} is not after the start {start}.");
    }

    private static void CheckId(string what, long id)
    {
        if (!Ids.IsId(id))
            throw new InvalidDataException($"{what} {id} is not in 1 … {Ids.Max}.");
    }

    private static void CheckIdIfAny(string what, long? id)
    {
        if (id is { } some)
            CheckId(what, some);
    }

    private static void CheckDefined<T>(string what, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new InvalidDataException($"{what} {value:D} is not known.");
    }

    private static void CheckAmount(string what, long? amount)
    {
        if (amount < 0)
            throw new InvalidDataException($"{what} {amount} is negative.");
    }

    private static void CheckTime(string what, Timestamp time)
    {
        if (time < Timestamp.Earliest || time > Timestamp.Latest)
            throw new InvalidDataException($"{what} {time.UnixMicroseconds} µs is not in the years 1 … 9999.");
    }

    // A coupon keeps "not used" as a time of use of zero.
    private static void CheckTimeOfUse(Timestamp time)
    {
        CheckTime("Time of use", time);
        if (time == default)
            throw new InvalidDataException("The time of use is zero, which means not used.");
    }
}
