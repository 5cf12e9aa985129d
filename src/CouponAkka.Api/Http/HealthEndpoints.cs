using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
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

    internal static void AddLiveness(this IHealthChecksBuilder checks) =>
        checks.AddCheck("process", () => HealthCheckResult.Healthy(), [Live]);

    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", Tagged(Live));
        routes.MapHealthChecks("/health/ready", Tagged(Ready));
    }

    private static HealthCheckOptions Tagged(string tag) => new()
    {
        Predicate = check => check.Tags.Contains(tag),
        ResponseWriter = (context, report) =>
            context.Response.WriteAsJsonAsync(HealthJson.From(report), ApiJson.Default.HealthJson),
    };
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
