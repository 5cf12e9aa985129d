using Akka.Actor;
using Akka.Cluster;
using CouponAkka.Engine.Telemetry;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether this process has joined, and a node that holds coupons can be reached.</summary>
internal sealed class MembershipHealth(ActorSystem system) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Check(Cluster.Get(system)));

    /// <summary>Tells telemetry how many nodes there are, and how many of them can't be reached.</summary>
    public static void Observe(Cluster cluster) => CouponMeter.ObserveMembers(
        () => IsUp(cluster) ? Nodes(cluster).Count : 0,
        () => Nodes(cluster).Count(cluster.State.Unreachable.Contains));

    private static HealthCheckResult Check(Cluster cluster)
    {
        if (!IsUp(cluster))
            return HealthCheckResult.Unhealthy($"Not a member of the cluster: {cluster.SelfMember.Status}.");
        var nodes = Nodes(cluster);
        var reachable = nodes.Count(node => !cluster.State.Unreachable.Contains(node));
        return reachable == 0
            ? HealthCheckResult.Unhealthy($"None of {nodes.Count} nodes that hold coupons can be reached.")
            : HealthCheckResult.Healthy($"{reachable} of {nodes.Count} nodes that hold coupons can be reached.");
    }

    private static bool IsUp(Cluster cluster) => cluster.SelfMember.Status == MemberStatus.Up;

    private static List<Member> Nodes(Cluster cluster) =>
        [.. cluster.State.Members.Where(member => member.Status == MemberStatus.Up && member.HasRole(ClusterOptions.Coupon))];
}
