using CouponAkka.Standalone.Journal;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Standalone.Health;

/// <summary>Whether the journal takes writes: without it nothing is issued.</summary>
internal sealed class JournalHealth(JournalWriter writer) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(writer.Trouble is { } trouble ? HealthCheckResult.Unhealthy(trouble) : HealthCheckResult.Healthy());
}
