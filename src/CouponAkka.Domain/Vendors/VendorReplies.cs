namespace CouponAkka.Domain.Vendors;

/// <summary>What a vendor answers.</summary>
public abstract record VendorReply : Reply
{
    /// <summary>The write that this answer rests on may or may not have landed. Ask again: the answer will tell.</summary>
    public static readonly VendorRefused OutcomeUnknown = new(VendorRefusal.OutcomeUnknown);

    /// <summary>Nothing was decided.</summary>
    public static readonly VendorRefused Unavailable = new(VendorRefusal.Unavailable);
}

/// <summary>The vendor is called so: newly, if <paramref name="Created"/>.</summary>
public sealed record VendorSaved(VendorView Vendor, bool Created = false) : VendorReply;

/// <summary>The vendor that was asked for.</summary>
public sealed record VendorFound(VendorView Vendor) : VendorReply;

/// <summary>The vendor has been paid for this, now or before.</summary>
public sealed record Credited : VendorReply
{
    public static readonly Credited Instance = new();
}

/// <summary>No, and why.</summary>
public sealed record VendorRefused(VendorRefusal Reason) : VendorReply;

/// <summary>Why a vendor refuses.</summary>
public enum VendorRefusal
{
    NotExist = 1,
    OutcomeUnknown,
    Unavailable,
}

/// <summary>A vendor as it is.</summary>
/// <param name="Balance">The sum of its payouts.</param>
/// <param name="CouponsUsed">How many payouts there are: one for each unit used.</param>
/// <param name="DateCreated">When it was first named.</param>
/// <param name="DateUpdated">When it was last named, which being paid is not.</param>
public sealed record VendorView(long VendorId, string Name, long Balance, long CouponsUsed, Timestamp DateCreated, Timestamp DateUpdated);
