using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;

namespace CouponAkka.Contracts;

/// <summary>What several messages have in common: policies, causes, views, terms, and times that are always there.</summary>
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

    public static Wire.ProductView ToWire(ProductView product, bool created = false) => new()
    {
        Name = product.Name,
        Price = product.Price,
        Available = product.Available,
        Reserved = product.Reserved,
        Sold = product.Sold,
        Created = created,
        DateCreated = product.DateCreated.UnixMicroseconds,
        DateUpdated = product.DateUpdated.UnixMicroseconds,
    };

    /// <exception cref="InvalidDataException">There is no product, or one of its times is missing.</exception>
    public static ProductView FromWire(long productId, Wire.ProductView? wire)
    {
        if (wire is null)
            throw new InvalidDataException("The product is missing.");
        return new ProductView(
            productId,
            wire.Name,
            wire.Price,
            wire.Available,
            wire.Reserved,
            wire.Sold,
            Time("time of creation", wire.HasDateCreated, wire.DateCreated),
            Time("time of update", wire.HasDateUpdated, wire.DateUpdated));
    }

    public static Wire.OrderTerms ToWire(OrderTerms terms) => new()
    {
        TimeOut = Microseconds(terms.TimeOut),
        AskAgainAfter = Microseconds(terms.AskAgainAfter),
        Preparation = Microseconds(terms.Preparation),
    };

    /// <exception cref="InvalidDataException">There are no terms, or one of them can't be.</exception>
    public static OrderTerms FromWire(Wire.OrderTerms? wire)
    {
        if (wire is null)
            throw new InvalidDataException("The terms are missing.");
        return new(Duration(wire.TimeOut), Duration(wire.AskAgainAfter), Duration(wire.Preparation));
    }

    public static Wire.OrderStep ToWire(OrderStep step) => new() { State = (int)step.State, At = step.At.UnixMicroseconds };

    /// <exception cref="InvalidDataException">Its time is missing.</exception>
    public static OrderStep FromWire(Wire.OrderStep wire) => new((OrderState)wire.State, Time("time", wire.HasAt, wire.At));

    /// <exception cref="InvalidDataException">The time is not there.</exception>
    public static Timestamp Time(string what, bool has, long unixMicroseconds)
    {
        if (!has)
            throw new InvalidDataException($"The {what} is missing.");
        return new Timestamp(unixMicroseconds);
    }

    private static long Microseconds(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;

    private static TimeSpan Duration(long microseconds) => microseconds is >= 0 and <= long.MaxValue / TimeSpan.TicksPerMicrosecond
        ? new TimeSpan(microseconds * TimeSpan.TicksPerMicrosecond)
        : throw new InvalidDataException($"A duration of {microseconds} µs can't be.");
}
