using System.Text;
using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api;

/// <summary>A page to look at coupons and try them, at <c>/</c>. It knows the HTTP API and nothing else.</summary>
internal static class DashboardEndpoint
{
    // Without an icon of ours every browser asks for one in vain, and the page starts with an error in its console.
    private const string Icon =
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
          <path fill="#0f766e" d="M1 4a1 1 0 0 1 1-1h12a1 1 0 0 1 1 1v2.5a1.5 1.5 0 0 0 0 3V12a1 1 0 0 1-1 1H2a1 1 0 0 1-1-1V9.5a1.5 1.5 0 0 0 0-3z"/>
        </svg>
        """;

    public static void MapDashboard(this IEndpointRouteBuilder routes)
    {
        Map(routes, "/", Read("index.html"), "text/html; charset=utf-8");
        Map(routes, "/dashboard.css", Read("dashboard.css"), "text/css; charset=utf-8");
        Map(routes, "/dashboard.js", Read("dashboard.js"), "text/javascript; charset=utf-8");
        Map(routes, "/favicon.svg", Encoding.UTF8.GetBytes(Icon), "image/svg+xml");
    }

    private static byte[] Read(string file)
    {
        using var stream = typeof(DashboardEndpoint).Assembly.GetManifestResourceStream($"CouponAkka.Api.Dashboard.{file}")
            ?? throw new InvalidOperationException($"The dashboard's {file} is not part of this build.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static void Map(IEndpointRouteBuilder routes, string path, byte[] content, string contentType) =>
        routes.MapGet(path, (HttpContext context) =>
        {
            SecurityHeaders.SetForPage(context.Response);
            return Results.Bytes(content, contentType);
        }).ExcludeFromDescription();
}
