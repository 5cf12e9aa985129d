using System.Text.Json.Serialization;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>A policy, as it is sent.</summary>
/// <param name="Stopped">Not sent: what has become of it.</param>
public sealed record Policy(
    string Title,
    long? TotalQuantity,
    long DiscountAmount,
    long MinAvailableAmount,
    DateTimeOffset DateIssueStart,
    DateTimeOffset DateIssueEnd,
    [property: JsonIgnore] bool Stopped = false,
    long? VendorId = null)
{
    /// <summary>Open since an hour and for a day, in whole seconds; a null <paramref name="totalQuantity"/> is without limit.</summary>
    public static Policy Open(long? totalQuantity)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        return new("10 % off", totalQuantity, 1_000, 10_000, now.AddHours(-1), now.AddDays(1));
    }
}

/// <summary>A coupon, as it and the read model show it.</summary>
public sealed record CouponView(
    long CouponId,
    string Title,
    long? TotalQuantity,
    long IssuedQuantity,
    DateTimeOffset DateIssueStart,
    DateTimeOffset DateIssueEnd,
    DateTimeOffset DateUpdated,
    bool Stopped = false);

/// <summary>How a coupon stands, as its entity tells.</summary>
public sealed record Status(long CouponId, string State, long IssuedQuantity, long? TotalQuantity, long? Remaining);

/// <summary>A unit that a user holds.</summary>
public sealed record Issue(long CouponId, long UserId, long Ticket, DateTimeOffset DateIssued, DateTimeOffset? DateUsed, long? HeldBy = null)
{
    /// <summary>The unit without what has become of it since.</summary>
    public Issue AsIssued() => this with { DateUsed = null };
}

/// <summary>A page of a list that goes on after the ticket <paramref name="Next"/>.</summary>
public sealed record IssuePage(IReadOnlyList<Issue> Items, long? Next);

/// <summary>A page of the coupons.</summary>
public sealed record CouponPage(IReadOnlyList<CouponView> Items);

/// <summary>A vendor.</summary>
public sealed record VendorView(long VendorId, string Name, long Balance, long CouponsUsed);

/// <summary>What a vendor was paid for one unit that was used.</summary>
public sealed record Payout(long CouponId, long UserId, long Ticket, long? OrderId, long Amount, DateTimeOffset At);

/// <summary>A page of a vendor's payouts.</summary>
public sealed record PayoutPage(IReadOnlyList<Payout> Items, long? Next);

/// <summary>A product, as it is put up.</summary>
public sealed record NewProduct(string Name, long Price, long Stock);

/// <summary>A product, as it tells.</summary>
public sealed record ProductView(long ProductId, string Name, long Price, long Available, long Reserved, long Sold);

/// <summary>An order, as it is asked for.</summary>
public sealed record NewOrder(long UserId, long ProductId, int Quantity, long? CouponId);

/// <summary>An order, as it and the read model show it.</summary>
public sealed record OrderView(
    long OrderId,
    long UserId,
    long ProductId,
    int Quantity,
    long? CouponId,
    string State,
    string? Reason,
    long? Amount,
    long? Discount,
    long? Paid,
    IReadOnlyList<OrderStep> History)
{
    public bool HasEnded => State is "SHIPPED" or "CANCELED";

    public bool IsShipped => State == "SHIPPED";

    public bool Was(string state) => History.Any(step => step.State == state);
}

/// <summary>Since when an order was in a state.</summary>
public sealed record OrderStep(string State, DateTimeOffset At);

/// <summary>A refusal; of a duplicate or a second use it carries the unit.</summary>
public sealed record Problem(string Code, Issue? Issue = null);

/// <summary>An answer on the paths of the course.</summary>
public sealed record CourseAnswer(bool IsSuccess, string? Comment = null);
