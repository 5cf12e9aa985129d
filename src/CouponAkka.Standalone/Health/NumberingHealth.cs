using CouponAkka.Standalone.Notifying;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Standalone.Health;

/// <summary>Whether what happens is numbered for notifications: coupons are issued all the same, so it is only degraded.</summary>
internal sealed class NumberingHealth(NumberingLoop numbering) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(numbering.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble) : HealthCheckResult.Healthy("What happens is numbered."));
}
