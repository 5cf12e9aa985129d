using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting.Http;

/// <summary>Settings under <c>Management</c>.</summary>
public sealed class ManagementOptions
{
    public const string Section = "Management";

    /// <summary>The argument that says the same as <see cref="Urls"/>.</summary>
    public const string Argument = "management-urls";

    /// <summary>
    /// Where operators are served, as <c>--urls</c> has it: everything, and on the other ports no more than the coupons' API. With none set,
    /// everything is served everywhere.
    /// </summary>
    public string? Urls { get; set; }
}

/// <summary>Ports of operators' own: health, the cluster, the pages and the API's document are served only there.</summary>
public static class Management
{
    /// <summary>The addresses that the settings name.</summary>
    /// <exception cref="OptionsValidationException">One of them can't be told from others by its port.</exception>
    internal static IReadOnlyList<BindingAddress> AddressesIn(IConfiguration configuration)
    {
        var setting = configuration[$"{ManagementOptions.Section}:{nameof(ManagementOptions.Urls)}"] ?? configuration[ManagementOptions.Argument] ?? "";
        return [.. setting.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    /// <summary>Listens there too.</summary>
    /// <exception cref="OptionsValidationException">The settings name no addresses that could be listened at beside the public ones.</exception>
    public static void AddManagement(this WebApplicationBuilder builder)
    {
        var addresses = AddressesIn(builder.Configuration);
        if (addresses.Count == 0)
            return;
        var publicUrls = builder.Configuration[WebHostDefaults.ServerUrlsKey];
        var endpoints = builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList();
        foreach (var taken in endpoints.Count > 0 ? endpoints.Select(endpoint => endpoint["Url"]) : publicUrls?.Split(';') ?? [])
        {
            if (addresses.FirstOrDefault(address => address.Port == PortOf(taken)) is { } same)
                throw Invalid($"Management:Urls has \"{same}\", whose port is a public one too.");
        }

        builder.Services.AddSingleton(new ManagementPorts([.. addresses.Select(address => address.Port)]));
        // Kestrel listens where its own settings say, and then not at urls; or at urls.
        if (endpoints.Count > 0)
            builder.Configuration.AddInMemoryCollection(addresses.Select(
                (address, i) => KeyValuePair.Create<string, string?>($"Kestrel:Endpoints:Management{i}:Url", address.ToString())));
        else
            builder.WebHost.UseUrls(string.Join(';', [publicUrls, .. addresses.Select(address => address.ToString())]));
    }

    /// <summary>After routing: on other ports, what is no call of the coupons' API is not there.</summary>
    public static void UseManagement(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetService<ManagementPorts>() is not { } ports)
            return;
        app.Use((context, next) =>
        {
            // Those of the API are the ones that shed load. What is no route is what refuses a method, and does no more.
            if (!ports.ServesHere(context) && context.GetEndpoint() is RouteEndpoint route && route.Metadata.GetMetadata<EnableRateLimitingAttribute>() is null)
                context.SetEndpoint(null);
            return next(context);
        });
    }

    private static BindingAddress Parse(string url)
    {
        try
        {
            // A port that is no number it takes for a part of the name, and any name for any address.
            if (BindingAddress.Parse(url) is { IsUnixPipe: false, IsNamedPipe: false, Scheme: "http" or "https", PathBase: "", Port: > 0 } address
                && (address.Host.StartsWith('[') || !address.Host.Contains(':', StringComparison.Ordinal)))
            {
                return address;
            }
        }
        catch (FormatException)
        {
            // Said below, as of all others.
        }

        throw Invalid($"Management:Urls has \"{url}\": it must be like http://127.0.0.1:9090, with a port of its own.");
    }

    private static int? PortOf(string? url)
    {
        try
        {
            return url is { Length: > 0 } ? BindingAddress.Parse(url).Port : null;
        }
        // Kestrel will say so.
        catch (FormatException)
        {
            return null;
        }
    }

    private static OptionsValidationException Invalid(string complaint) => new(ManagementOptions.Section, typeof(ManagementOptions), [complaint]);
}

/// <summary>The ports on which operators are served.</summary>
public sealed class ManagementPorts(IReadOnlyCollection<int> ports)
{
    /// <summary>Whether the request came in on one of them.</summary>
    public bool ServesHere(HttpContext context) => ports.Contains(context.Connection.LocalPort);
}
