using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Vendors;

namespace CouponAkka.Api.Vendors;

/// <summary>What an administrator says of a vendor.</summary>
public sealed class VendorRequest : IRequestBody<VendorRequest>
{
    [Required, DisallowNull]
    public string? Name { get; init; }

    public static JsonTypeInfo<VendorRequest> TypeInfo => VendorJsonContext.Default.VendorRequest;

    public static string Expected(string field) => field == "name" ? CouponFields.TitleExpected : CouponFields.Expected(field);

    public IEnumerable<string> InvalidFields() => Vendor.IsName(Name) ? [] : ["name"];
}

/// <summary>A vendor: its name and what it was paid.</summary>
public sealed record VendorJson(long VendorId, string Name, long Balance, long CouponsUsed, Timestamp DateCreated, Timestamp DateUpdated)
{
    public static VendorJson From(VendorView vendor) =>
        new(vendor.VendorId, vendor.Name, vendor.Balance, vendor.CouponsUsed, vendor.DateCreated, vendor.DateUpdated);
}

/// <summary>What a vendor was paid for a used unit.</summary>
/// <param name="OrderId">The order that it was used for, if by one.</param>
public sealed record PayoutJson(long CouponId, long UserId, long Ticket, long? OrderId, long Amount, Timestamp At)
{
    public static PayoutJson From(Payout payout) =>
        new(payout.CouponId, payout.UserId, payout.Ticket, payout.OrderId, payout.Amount, payout.At);
}

/// <summary>Every type of vendors that crosses HTTP, so that JSON is read and written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(VendorRequest))]
[JsonSerializable(typeof(VendorJson))]
[JsonSerializable(typeof(ListJson<VendorJson, long?>))]
[JsonSerializable(typeof(ListJson<PayoutJson, long?>))]
internal sealed partial class VendorJsonContext : JsonSerializerContext;
