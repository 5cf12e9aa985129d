using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace CouponAkka.Api.Dashboard;

/// <summary>A page for who runs a sale, at <c>/</c>. It knows the HTTP API, and a stream of its own to learn what has changed.</summary>
internal static class DashboardEndpoint
{
    private const string Folder = "CouponAkka.Api.Dashboard.";

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
        foreach (var file in Files(".css"))
            Map(routes, $"/dashboard/{file}", Read(file), "text/css; charset=utf-8");
        foreach (var file in Files(".js"))
            Map(routes, $"/dashboard/{file}", Read(file), "text/javascript; charset=utf-8");
        Map(routes, "/favicon.svg", Encoding.UTF8.GetBytes(Icon), "image/svg+xml");

        var watch = ActivatorUtilities.CreateInstance<CouponWatch>(routes.ServiceProvider);
        ActivatorUtilities.CreateInstance<DashboardEvents>(routes.ServiceProvider, watch).Map(routes);
    }

    private static IEnumerable<string> Files(string extension) => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(extension, StringComparison.Ordinal))
        .Select(name => name[Folder.Length..]);

    private static byte[] Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + file)
            ?? throw new InvalidOperationException($"The dashboard's {file} is not part of this build.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private static void Map(IEndpointRouteBuilder routes, string path, byte[] content, string contentType)
    {
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
        routes.MapGet(path, (HttpContext context) =>
        {
            SecurityHeaders.SetForPage(context.Response);
            return Results.Bytes(content, contentType, entityTag: tag);
        }).ExcludeFromDescription();
    }
}
