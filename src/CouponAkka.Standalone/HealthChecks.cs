using CouponAkka.Standalone.Engine;
using CouponAkka.Standalone.ReadModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Standalone;

/// <summary>Whether the journal takes writes: without it nothing is issued.</summary>
internal sealed class JournalHealth(JournalWriter writer) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(writer.Trouble is { } trouble ? HealthCheckResult.Unhealthy(trouble) : HealthCheckResult.Healthy());
}

/// <summary>Whether the read model follows the journal: without it coupons are issued all the same, so it is only degraded.</summary>
internal sealed class ProjectionHealth(Projection projection) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(projection.Trouble is { } trouble
            ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy($"{projection.EventsBehind} events behind the journal"));
}
