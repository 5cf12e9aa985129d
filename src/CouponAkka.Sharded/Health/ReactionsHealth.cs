using CouponAkka.Sharded.Reacting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether what events ask of others is delivered, on the node that does it: everything else goes on without it, so it is only degraded.</summary>
internal sealed class ReactionsHealth(NodeReactions reactions) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            !reactions.AreHere ? HealthCheckResult.Healthy("Another node delivers, or there is nothing to deliver.")
            : reactions.Status.Trouble is { } trouble ? HealthCheckResult.Degraded(trouble)
            : HealthCheckResult.Healthy($"{reactions.Status.Waiting} events wait to be delivered."));
}
