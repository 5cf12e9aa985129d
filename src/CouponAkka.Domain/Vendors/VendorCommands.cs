namespace CouponAkka.Domain.Vendors;

/// <summary>What can be asked of one vendor.</summary>
public abstract record VendorCommand : Command;

/// <summary>Name the vendor, or rename it.</summary>
public sealed record PutVendor(string Name) : VendorCommand;

/// <summary>What is the vendor called, and what has it been paid?</summary>
public sealed record GetVendor : VendorCommand
{
    public static readonly GetVendor Instance = new();
}

/// <summary>Pay the vendor for a unit that was used.</summary>
/// <param name="Cause">The use, which may be told again: it is paid once.</param>
/// <param name="OrderId">The order that it was used for, if by one.</param>
/// <param name="Amount">May be 0: that is a payout too.</param>
public sealed record CreditVendor(Cause Cause, long CouponId, long UserId, long Ticket, long? OrderId, long Amount) : VendorCommand;
