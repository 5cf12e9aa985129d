using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts;

/// <summary>What several messages have in common: the policy, causes, and times that are always there.</summary>
internal static class WireFields
{
    public static Wire.CouponPolicy ToWire(CouponPolicy policy)
    {
        var wire = new Wire.CouponPolicy
        {
            Title = policy.Title,
            DiscountAmount = policy.DiscountAmount,
            MinAvailableAmount = policy.MinAvailableAmount,
            DateIssueStart = policy.DateIssueStart.UnixMicroseconds,
            DateIssueEnd = policy.DateIssueEnd.UnixMicroseconds,
            Type = (Wire.CouponType)policy.Type,
        };
        if (policy.TotalQuantity is { } total)
            wire.TotalQuantity = total;
        if (policy.VendorId is { } vendorId)
            wire.VendorId = vendorId;
        return wire;
    }

    /// <exception cref="InvalidDataException">There is no policy, or one of its times is missing.</exception>
    public static CouponPolicy FromWire(Wire.CouponPolicy? wire)
    {
        if (wire is null)
            throw new InvalidDataException("The policy is missing.");
        return new CouponPolicy(
            wire.Title,
            wire.HasTotalQuantity ? wire.TotalQuantity : null,
            wire.DiscountAmount,
            wire.MinAvailableAmount,
            Time("start", wire.HasDateIssueStart, wire.DateIssueStart),
            Time("end", wire.HasDateIssueEnd, wire.DateIssueEnd),
            wire.HasVendorId ? wire.VendorId : null,
            (CouponType)wire.Type);
    }

    public static Wire.Cause ToWire(Cause cause) => new() { Kind = cause.Kind, Id = cause.Id, Number = cause.Number };

    /// <exception cref="InvalidDataException">There is no cause.</exception>
    public static Cause FromWire(Wire.Cause? wire) =>
        wire is null ? throw new InvalidDataException("The cause is missing.") : new(wire.Kind, wire.Id, wire.Number);

    /// <exception cref="InvalidDataException">The time is not there.</exception>
    public static Timestamp Time(string what, bool has, long unixMicroseconds)
    {
        if (!has)
            throw new InvalidDataException($"The {what} is missing.");
        return new Timestamp(unixMicroseconds);
    }
}
