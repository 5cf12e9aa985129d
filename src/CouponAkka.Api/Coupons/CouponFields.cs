using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using CouponAkka.Domain.Coupons;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Coupons;

/// <summary>What each field of a coupon must be: in words for people who sent something else, and as JSON Schema for programs.</summary>
internal static class CouponFields
{
    /// <summary>As <see cref="CouponPolicy.IsTitle"/> says: not all blank; no control character, no line break, nothing that turns the direction.</summary>
    public const string Title = @"^(?!\s*$)[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";

    /// <summary>The same in words.</summary>
    public static readonly string TitleExpected =
        $"must be a string of 1 to {CouponPolicy.MaxTitleLength} characters, not all blank, without control characters, line breaks or changes of direction";

    public static string Expected(string field) => field switch
    {
        "couponId" or "userId" => EntityId.Expected,
        "vendorId" => $"{EntityId.Expected}, or null",
        "title" => TitleExpected,
        "couponType" => "must be FIRST_COME_FIRST_SERVED, or be left out",
        "totalQuantity" => $"must be an integer from 0 to {CouponPolicy.MaxQuantity}, or null for no limit",
        "discountAmount" or "minAvailableAmount" or "orderAmount" => $"must be an integer from 0 to {CouponPolicy.MaxAmount}",
        "dateIssueStart" => "must be a time as in RFC 3339, like 2026-01-01T00:00:00.000Z, of a year from 1 to 9999",
        "dateIssueEnd" => "must be a time as in RFC 3339, like 2026-01-01T00:00:00.000Z, after dateIssueStart",
        _ => "is not understood",
    };

    public static void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (field.DeclaringType.Name, field.Name)
        {
            case (nameof(PolicyRequest) or nameof(ChangeRequest), "totalQuantity"):
                schema.Between(0, CouponPolicy.MaxQuantity);
                break;
            case (_, "ticket" or "heldBy"):
                schema.Between(1, EntityId.Max);
                break;
            case (_, "totalQuantity" or "issuedQuantity" or "remaining" or "discountAmount" or "minAvailableAmount" or "orderAmount"):
                schema.Between(0, EntityId.Max);
                break;
            case (var type, "title"):
                schema.MinLength = 1;
                schema.MaxLength = CouponPolicy.MaxTitleLength;
                // An older release took others, so an answer may have one.
                schema.Pattern = type == nameof(CouponJson) ? null : Title;
                break;
            case (_, "couponType"):
                schema.OneOf(CouponJson.FirstComeFirstServed);
                break;
            case (_, "state"):
                schema.OneOf("NOT_OPEN", "OPEN", "STOPPED", "SOLD_OUT", "ENDED");
                break;
        }
    }
}
