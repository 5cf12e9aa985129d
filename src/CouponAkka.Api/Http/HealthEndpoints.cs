using CouponAkka.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Api.Http;

/// <summary>Whether the process runs, and whether it can issue.</summary>
public static class HealthEndpoints
{
    /// <summary>The tag of checks that decide whether the process can issue.</summary>
    public const string Ready = "ready";

    private const string Live = "live";

    /// <summary>Adds the check that the process runs.</summary>
    public static void AddLiveness(this IHealthChecksBuilder checks) =>
        checks.AddCheck("process", () => HealthCheckResult.Healthy(), [Live]);

    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (HealthCheckService checks, HttpContext context) => Check(Live, checks, context))
            .Describe("Live", "Whether the process runs.")
            .Answers<HealthJson>(200).Answers<HealthJson>(503);
        routes.MapGet("/health/ready", (HealthCheckService checks, HttpContext context) => Check(Ready, checks, context))
            .Describe("Ready", "Whether the process can issue.")
            .Answers<HealthJson>(200).Answers<HealthJson>(503);
    }

    private static async Task<IResult> Check(string tag, HealthCheckService checks, HttpContext context)
    {
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains(tag), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return new JsonResult<HealthJson>(
            HealthJson.From(report),
            ApiJson.Default.HealthJson,
            report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
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
