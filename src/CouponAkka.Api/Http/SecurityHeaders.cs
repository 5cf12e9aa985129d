using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>
/// What every answer tells a browser, after OWASP's REST cheat sheet
/// (https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers): take it for what it says it is, run
/// nothing of it, show it in nobody's frame, keep no copy. A page that is meant for browsers says otherwise for itself.
/// </summary>
internal static class SecurityHeaders
{
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        Set(context.Response);
        return next(context);
    });

    public static void Set(HttpResponse response)
    {
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        response.Headers.CacheControl = "no-store";
    }

    /// <summary>A page of ours, which has its styles and scripts from us and from nobody else.</summary>
    public static void SetForPage(HttpResponse response, string alsoAllowed = "")
    {
        response.Headers.ContentSecurityPolicy = $"default-src 'self'; frame-ancestors 'none'{alsoAllowed}";
        response.Headers.CacheControl = "no-cache";
    }
}
