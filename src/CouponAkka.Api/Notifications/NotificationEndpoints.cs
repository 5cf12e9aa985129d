using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Notifications;

/// <summary>The list of notifications.</summary>
internal sealed class NotificationEndpoints(INotifications notifications)
{
    public static readonly NotificationJson Example = NotificationJson.From(new(5, NotificationLine.Of(
        Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)), "coupon.issued", "/coupons/1", "User 7 was issued coupon 1, ticket 42.",
        ("couponId", 1), ("userId", 7), ("ticket", 42))));

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/notifications", List).Needs(Access.Reader)
        .Describe("ListNotifications", "What happened to any entity, by number. A number is there soon after the answer, and never means another thing.")
        .Answers(200, NotificationApiJsonContext.Default.ListJsonNotificationJsonNullableInt64, new([Example], null)).Refuses(400, 429, 503);

    private async Task<IResult> List(Page<PageOf200> page, CancellationToken cancel)
    {
        var (items, last) = page.Split(await notifications.ReadAsync(page.AfterNumber, page.Limit + 1, cancel));
        return new JsonResult<ListJson<NotificationJson, long?>>(
            new(items.Select(NotificationJson.From), last?.N), NotificationApiJsonContext.Default.ListJsonNotificationJsonNullableInt64);
    }
}
