using CouponAkka.Sharded.Projection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>
/// Whether the read model follows the journal, on the node that projects: without it coupons are issued all the same, so it is only degraded.
/// </summary>
internal sealed class ProjectionHealth(MySqlProjectionStatus projection) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            !projection.IsRunning ? HealthCheckResult.Healthy("Another node projects.")
            : projection.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy($"{projection.EventsBehind} events behind the journal, the oldest for {projection.Lag.TotalSeconds:0.0} s"));
}
