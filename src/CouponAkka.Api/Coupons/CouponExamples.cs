using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Api.Coupons;

/// <summary>What the examples of the OpenAPI document show.</summary>
internal static class CouponExamples
{
    public const string Policy = """
        {"title":"Opening day","couponType":"FIRST_COME_FIRST_SERVED","totalQuantity":100,"discountAmount":1000,
         "minAvailableAmount":10000,"dateIssueStart":"2026-01-01T00:00:00.000Z","dateIssueEnd":"2030-01-01T00:00:00.000Z","vendorId":null}
        """;

    private static readonly Timestamp Start = Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly Timestamp End = Timestamp.From(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public static readonly CouponView Coupon = new(1, new("Opening day", 100, 1000, 10_000, Start, End), 42, DateCreated: Start, DateUpdated: Start);
    public static readonly CouponStatus Status = new(1, CouponState.Open, 42, 100);
    public static readonly CouponIssue Issue = new(1, UserId: 7, Ticket: 42, Start.Plus(TimeSpan.FromMicroseconds(123_456)));
    public static readonly CouponIssue UsedIssue = Issue with { DateUsed = Start.Plus(TimeSpan.FromDays(1)) };
}
