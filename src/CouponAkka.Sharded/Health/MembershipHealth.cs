using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether this process has joined, and a node that holds coupons can be reached.</summary>
internal sealed class MembershipHealth(ActorSystem system) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(Cluster.Get(system)));

    private static HealthCheckResult Check(Cluster cluster)
    {
        if (cluster.SelfMember.Status != MemberStatus.Up)
            return HealthCheckResult.Unhealthy($"Not a member of the cluster: {cluster.SelfMember.Status}.");
        var nodes = cluster.State.Members.Where(member => member.Status == MemberStatus.Up && member.HasRole(ClusterOptions.Coupon)).ToList();
        var reachable = nodes.Count(node => !cluster.State.Unreachable.Contains(node));
        return reachable == 0
            ? HealthCheckResult.Unhealthy($"None of {nodes.Count} nodes that hold coupons can be reached.")
            : HealthCheckResult.Healthy($"{reachable} of {nodes.Count} nodes that hold coupons can be reached.");
    }
}
