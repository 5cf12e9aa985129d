using CouponAkka.Sharded.Notifying;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether what happens is numbered, on the node that does it: everything else goes on without it, so it is only degraded.</summary>
internal sealed class NumberingHealth(NodeNumbering numbering) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            !numbering.IsHere ? HealthCheckResult.Healthy("Another node numbers what happens.")
            : numbering.Failure is { } trouble ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy("What happens is numbered."));
}
