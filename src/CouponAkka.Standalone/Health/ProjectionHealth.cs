using CouponAkka.Standalone.Projection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Standalone.Health;

/// <summary>Whether the read model follows the journal: without it coupons are issued all the same, so it is only degraded.</summary>
internal sealed class ProjectionHealth(ProjectionLoop projection) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(projection.Status.Trouble is { } trouble
            ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy($"{projection.Status.EventsBehind} events behind the journal"));
}
