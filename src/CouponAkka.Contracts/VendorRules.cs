using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;

namespace CouponAkka.Contracts;

/// <content>What can be of vendors. Whether a balance is the sum of its payouts is the vendor's to know.</content>
internal static partial class Rules
{
    public static void Check(VendorEvent happened)
    {
        switch (happened)
        {
            case VendorNamed named:
                CheckName(named.Name);
                CheckAmount("Balance", named.Balance);
                CheckAmount("Number of payouts", named.CouponsUsed);
                CheckTime("Time", named.At);
                break;
            case VendorCredited credited:
                CheckId("Number", credited.Number);
                CheckPayout(credited.Cause, credited.CouponId, credited.UserId, credited.Ticket, credited.OrderId, credited.Amount);
                CheckTime("Time", credited.At);
                break;
        }
    }

    public static void Check(VendorCommand command)
    {
        switch (command)
        {
            case PutVendor put:
                CheckName(put.Name);
                break;
            case CreditVendor credit:
                CheckPayout(credit.Cause, credit.CouponId, credit.UserId, credit.Ticket, credit.OrderId, credit.Amount);
                break;
        }
    }

    public static void Check(VendorView vendor)
    {
        CheckName(vendor.Name);
        CheckAmount("Balance", vendor.Balance);
        CheckAmount("Number of payouts", vendor.CouponsUsed);
        CheckTime("Time of creation", vendor.DateCreated);
        CheckTime("Time of update", vendor.DateUpdated);
    }

    public static void Check(VendorSnapshot snapshot)
    {
        if (snapshot.Name is { } name)
            CheckName(name);
        CheckTime("Time of creation", snapshot.DateCreated);
        CheckTime("Time of update", snapshot.DateUpdated);
        CheckAmount("Balance", snapshot.Balance);
        CheckAmount("Number of payouts", snapshot.CouponsUsed);
        foreach (var cause in snapshot.Taken)
            Check(cause);
        CheckTime("Time of the last event", snapshot.LastEvent);
    }

    private static void Check(Cause cause)
    {
        if (cause.Kind.Length == 0)
            throw new InvalidDataException("The cause has no kind.");
        CheckId("Cause's id", cause.Id);
        CheckId("Cause's number", cause.Number);
    }

    private static void CheckPayout(Cause cause, long couponId, long userId, long ticket, long? orderId, long amount)
    {
        Check(cause);
        CheckId("Coupon id", couponId);
        CheckId("User id", userId);
        CheckId("Ticket", ticket);
        CheckIdIfAny("Order id", orderId);
        CheckAmount("Amount", amount);
    }

    private static void CheckName(string name)
    {
        if (name.Length == 0)
            throw new InvalidDataException("The name is missing.");
    }
}
