using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Api.Coupons;

/// <summary>A policy, as an administrator writes it.</summary>
/// <remarks>A property that tells null from left out has a setter, no init: the generated JSON reader calls every init, even of fields left out.</remarks>
public sealed class PolicyRequest : IRequestBody<PolicyRequest>
{
    private bool _totalQuantityGiven;

    [Required, DisallowNull]
    public string? Title { get; init; }

    public string? CouponType { get; init; }

    /// <summary>Null is a value, no limit, so it must be given even so.</summary>
    [Required]
    public long? TotalQuantity
    {
        get;
        set
        {
            field = value;
            _totalQuantityGiven = true;
        }
    }

    [Required, DisallowNull]
    public long? DiscountAmount { get; init; }

    [Required, DisallowNull]
    public long? MinAvailableAmount { get; init; }

    [Required, DisallowNull]
    public Timestamp? DateIssueStart { get; init; }

    [Required, DisallowNull]
    public Timestamp? DateIssueEnd { get; init; }

    public long? VendorId { get; init; }

    public static JsonTypeInfo<PolicyRequest> TypeInfo => CouponJsonContext.Default.PolicyRequest;

    public static string Expected(string field) => CouponFields.Expected(field);

    public IEnumerable<string> InvalidFields()
    {
        if (!CouponPolicy.IsTitle(Title))
            yield return "title";
        if (CouponType is not (null or CouponJson.FirstComeFirstServed))
            yield return "couponType";
        if (!_totalQuantityGiven || !CouponPolicy.IsTotal(TotalQuantity))
            yield return "totalQuantity";
        if (DiscountAmount is not { } discount || !CouponPolicy.IsAmount(discount))
            yield return "discountAmount";
        if (MinAvailableAmount is not { } minAvailable || !CouponPolicy.IsAmount(minAvailable))
            yield return "minAvailableAmount";
        if (DateIssueStart is null)
            yield return "dateIssueStart";
        if (DateIssueEnd is not { } end || (DateIssueStart is { } start && !CouponPolicy.IsPeriod(start, end)))
            yield return "dateIssueEnd";
        if (VendorId is { } vendor && !Ids.IsId(vendor))
            yield return "vendorId";
    }

    public CouponPolicy ToPolicy() => new(
        Title!, TotalQuantity, DiscountAmount!.Value, MinAvailableAmount!.Value, DateIssueStart!.Value, DateIssueEnd!.Value, VendorId);
}

/// <summary>
/// A change of some of the fields that may change. Another field is refused: to drop it would answer 200 to a change
/// that did not happen.
/// </summary>
/// <remarks>Its properties have setters, as those of <see cref="PolicyRequest"/> that tell null from left out.</remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed class ChangeRequest : IRequestBody<ChangeRequest>
{
    private bool _titleGiven;
    private bool _startGiven;
    private bool _endGiven;
    private NewTotal? _total;

    [DisallowNull]
    public string? Title
    {
        get;
        set
        {
            field = value;
            _titleGiven = true;
        }
    }

    public long? TotalQuantity
    {
        get => _total?.Quantity;
        set => _total = new NewTotal(value);
    }

    [DisallowNull]
    public Timestamp? DateIssueStart
    {
        get;
        set
        {
            field = value;
            _startGiven = true;
        }
    }

    [DisallowNull]
    public Timestamp? DateIssueEnd
    {
        get;
        set
        {
            field = value;
            _endGiven = true;
        }
    }

    public static JsonTypeInfo<ChangeRequest> TypeInfo => CouponJsonContext.Default.ChangeRequest;

    public static string Expected(string field) => CouponFields.Expected(field);

    public IEnumerable<string> InvalidFields()
    {
        if (_titleGiven && !CouponPolicy.IsTitle(Title))
            yield return "title";
        if (!CouponPolicy.IsTotal(TotalQuantity))
            yield return "totalQuantity";
        if (_startGiven && DateIssueStart is null)
            yield return "dateIssueStart";
        if (_endGiven && DateIssueEnd is null)
            yield return "dateIssueEnd";
    }

    public ChangeCoupon ToCommand() => new(Title, _total, DateIssueStart, DateIssueEnd);
}

/// <summary>Who asks for a unit.</summary>
public sealed class IssueRequest : IRequestBody<IssueRequest>
{
    /// <summary>May be left out where a token says who asks.</summary>
    [DisallowNull, RequiredWithoutToken]
    public long? UserId { get; init; }

    public static JsonTypeInfo<IssueRequest> TypeInfo => CouponJsonContext.Default.IssueRequest;

    public static string Expected(string field) => CouponFields.Expected(field);

    public IEnumerable<string> InvalidFields() => UserId is { } user && !Ids.IsId(user) ? ["userId"] : [];
}

/// <summary>What a unit is used for.</summary>
public sealed class UseRequest : IRequestBody<UseRequest>
{
    public long? OrderAmount { get; init; }

    public static JsonTypeInfo<UseRequest> TypeInfo => CouponJsonContext.Default.UseRequest;

    public static string Expected(string field) => CouponFields.Expected(field);

    public static UseRequest WhenEmpty { get; } = new();

    public IEnumerable<string> InvalidFields() => OrderAmount is { } amount && !CouponPolicy.IsAmount(amount) ? ["orderAmount"] : [];
}

/// <summary>A coupon: its policy and what has become of it.</summary>
/// <param name="Stopped">Only there, and true, while issuing is stopped.</param>
public sealed record CouponJson(
    long CouponId,
    string Title,
    string CouponType,
    long? TotalQuantity,
    long IssuedQuantity,
    long DiscountAmount,
    long MinAvailableAmount,
    Timestamp DateIssueStart,
    Timestamp DateIssueEnd,
    long? VendorId,
    Timestamp DateCreated,
    Timestamp DateUpdated,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Stopped)
{
    public const string FirstComeFirstServed = CouponTypeCode.FirstComeFirstServed;

    public static CouponJson From(CouponView coupon) => new(
        coupon.CouponId,
        coupon.Policy.Title,
        FirstComeFirstServed,
        coupon.Policy.TotalQuantity,
        coupon.IssuedQuantity,
        coupon.Policy.DiscountAmount,
        coupon.Policy.MinAvailableAmount,
        coupon.Policy.DateIssueStart,
        coupon.Policy.DateIssueEnd,
        coupon.Policy.VendorId,
        coupon.DateCreated,
        coupon.DateUpdated,
        coupon.Stopped);
}

/// <summary>How much of a coupon is left, from the coupon itself.</summary>
public sealed record CouponStatusJson(long CouponId, string State, long IssuedQuantity, long? TotalQuantity, long? Remaining)
{
    public static CouponStatusJson From(CouponStatus status) => new(
        status.CouponId,
        status.State switch
        {
            CouponState.NotOpen => "NOT_OPEN",
            CouponState.Open => "OPEN",
            CouponState.SoldOut => "SOLD_OUT",
            CouponState.Ended => "ENDED",
            CouponState.Stopped => "STOPPED",
            var other => throw new ArgumentOutOfRangeException(nameof(status), other, "There is no such state."),
        },
        status.IssuedQuantity,
        status.TotalQuantity,
        status.Remaining);
}

/// <summary>A unit that a user holds.</summary>
/// <param name="HeldBy">The order that it is held for; only there while it is.</param>
public sealed record IssueJson(
    long CouponId,
    long UserId,
    long Ticket,
    Timestamp DateIssued,
    Timestamp? DateUsed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? HeldBy = null)
{
    public static IssueJson From(CouponIssue issue) =>
        new(issue.CouponId, issue.UserId, issue.Ticket, issue.DateIssued, issue.DateUsed, issue.HeldBy);
}
