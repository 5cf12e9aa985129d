using CouponAkka.Sharded.Edge;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether a node that holds coupons answers this edge.</summary>
internal sealed class NodesHealth(NodeDesks nodes) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var says = $"{nodes.Answering.Count} of {nodes.Known} nodes that hold coupons answer.";
        return Task.FromResult(nodes.Answering.Count == 0 ? HealthCheckResult.Unhealthy(says) : HealthCheckResult.Healthy(says));
    }
}
