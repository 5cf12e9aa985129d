using CouponAkka.Standalone.Reacting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Standalone.Health;

/// <summary>Whether what events ask of others is delivered: coupons are issued all the same, so it is only degraded.</summary>
internal sealed class ReactionHealth(ReactionLoop reactions) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(reactions.Status.Trouble is { } trouble
            ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy($"{reactions.Status.Waiting} events wait for what they ask to be delivered"));
}
