using System.Text.Json;
using Microsoft.Playwright;

namespace CouponAkka.Dashboard.Tests.Support;

/// <summary>Puts the ETags of the contract between the page and a server that has none yet.</summary>
internal static class Etags
{
    public static Task EmulateAsync(IPage page, Browser browser, long couponId) => page.RouteAsync($"**/coupons/{couponId}", async route =>
    {
        var request = route.Request;
        if (request.Method == "PATCH" && request.Headers.TryGetValue("if-match", out var known))
        {
            // An empty change answers with the coupon as it is.
            var coupon = await browser.ChangeAsync(couponId, new { });
            if (Of(coupon) != known)
            {
                await route.FulfillAsync(new()
                {
                    Status = 412,
                    ContentType = "application/problem+json",
                    Headers = new Dictionary<string, string> { ["ETag"] = Of(coupon) },
                    Body = JsonSerializer.Serialize(new { status = 412, code = "COUPON_CHANGED", title = "Changed", detail = "Changed meanwhile.", coupon }),
                });
                return;
            }
        }

        var answer = await route.FetchAsync();
        var body = await answer.JsonAsync();
        await route.FulfillAsync(new()
        {
            Response = answer,
            Headers = answer.Ok ? new Dictionary<string, string>(answer.Headers) { ["etag"] = Of(body!.Value) } : null,
        });
    });

    private static string Of(JsonElement coupon) => $"\"{coupon.GetProperty("dateUpdated").GetString()}\"";
}
