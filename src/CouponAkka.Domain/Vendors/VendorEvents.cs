namespace CouponAkka.Domain.Vendors;

/// <summary>A fact about one vendor.</summary>
public abstract record VendorEvent : Event;

/// <summary>
/// The vendor has this name from <paramref name="At"/> on. Carries what it had been credited by then, so that lists, which show no vendor without a name, need
/// not remember that until it has one.
/// </summary>
public sealed record VendorNamed(string Name, long Balance, long CouponsUsed, Timestamp At) : VendorEvent;

/// <summary>The vendor was paid for a unit that was used.</summary>
/// <param name="Number">Of its payouts the how many-th, from 1 without a hole.</param>
public sealed record VendorCredited(
    Cause Cause,
    long Number,
    long CouponId,
    long UserId,
    long Ticket,
    long? OrderId,
    long Amount,
    Timestamp At) : VendorEvent;
