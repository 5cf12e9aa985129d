using System.Text.Json.Serialization;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Hosting.Http;

/// <summary>Whether the process runs, and whether it can issue.</summary>
public static class HealthEndpoints
{
    /// <summary>Adds the check that the process runs.</summary>
    public static void AddLiveness(this IHealthChecksBuilder checks) =>
        checks.AddCheck("process", () => HealthCheckResult.Healthy(), [HealthTags.Live]);

    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>. Telemetry does not count who asks, nor trace it: it is about people.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (HealthCheckService checks, HttpContext context) => Check(HealthTags.Live, checks, context))
            .WithName("Live").WithSummary("Whether the process runs.")
            .Produces<HealthJson>(200).Produces<HealthJson>(503).DisableHttpMetrics();
        routes.MapGet("/health/ready", (HealthCheckService checks, HttpContext context) => Check(HealthTags.Ready, checks, context))
            .WithName("Ready").WithSummary("Whether the process can issue.")
            .Produces<HealthJson>(200).Produces<HealthJson>(503).DisableHttpMetrics();
    }

    private static async Task<IResult> Check(string tag, HealthCheckService checks, HttpContext context)
    {
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains(tag), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            HealthJson.From(report),
            HostingJson.Default.HealthJson,
            statusCode: report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }
}

/// <summary>What each check says.</summary>
public sealed record HealthJson(string Status, IReadOnlyDictionary<string, HealthCheckJson> Checks)
{
    public static HealthJson From(HealthReport report) => new(
        report.Status.ToString(),
        report.Entries.ToDictionary(entry => entry.Key, entry => new HealthCheckJson(entry.Value.Status.ToString(), entry.Value.Description)));
}

/// <summary>What one check says.</summary>
public sealed record HealthCheckJson(string Status, string? Description);

/// <summary>Every type that every program answers with, so that JSON is written without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HealthJson))]
public sealed partial class HostingJson : JsonSerializerContext;
