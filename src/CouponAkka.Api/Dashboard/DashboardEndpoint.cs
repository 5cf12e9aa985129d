using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api;

/// <summary>A page to look at coupons and try them, at <c>/</c>. It knows the HTTP API and nothing else.</summary>
internal static class DashboardEndpoint
{
    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        Map(routes, "/", "index.html", "text/html; charset=utf-8");
        Map(routes, "/dashboard.css", "dashboard.css", "text/css; charset=utf-8");
        Map(routes, "/dashboard.js", "dashboard.js", "text/javascript; charset=utf-8");
    }

    private static void Map(IEndpointRouteBuilder routes, string path, string file, string contentType)
    {
        using var stream = typeof(DashboardEndpoint).Assembly.GetManifestResourceStream($"CouponAkka.Api.Dashboard.{file}")
            ?? throw new InvalidOperationException($"The dashboard's {file} is not part of this build.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        routes.MapGet(path, (HttpContext context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(content, contentType);
        }).ExcludeFromDescription();
    }
}
