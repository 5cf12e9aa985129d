using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Api.Http;

/// <summary>What each field must be, in one sentence: said whichever way a value falls short of it.</summary>
public static class Fields
{
    public static string Expected(string field) => field switch
    {
        "couponId" or "userId" => $"must be an integer from 1 to {Ids.Max}",
        "vendorId" => $"must be an integer from 1 to {Ids.Max}, or null",
        "title" =>
            $"must be a string of 1 to {CouponPolicy.MaxTitleLength} characters, not all blank, "
            + "without control characters, line breaks or changes of direction",
        "couponType" => "must be FIRST_COME_FIRST_SERVED, or be left out",
        "totalQuantity" => $"must be an integer from 0 to {CouponPolicy.MaxQuantity}, or null for no limit",
        "discountAmount" or "minAvailableAmount" or "orderAmount" => $"must be an integer from 0 to {CouponPolicy.MaxAmount}",
        "dateIssueStart" => "must be a time as in RFC 3339, like 2026-01-01T00:00:00.000Z, of a year from 1 to 9999",
        "dateIssueEnd" => "must be a time as in RFC 3339, like 2026-01-01T00:00:00.000Z, after dateIssueStart",
        "after" => "must be what the page before gave as next",
        _ => "is not understood",
    };
}
