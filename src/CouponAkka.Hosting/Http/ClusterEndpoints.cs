using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Hosting.Http;

/// <summary><c>GET /cluster</c>: members, shards and entities, and how far the read model follows. An edge, which is no member, asks a node for it.</summary>
public static class ClusterEndpoints
{
    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/cluster", (IClusterView view, CancellationToken cancel) => TellAsync(view.DescribeAsync(cancel)))
            .WithTags("The process itself").WithName("Cluster").WithSummary("Members, shards and entities of the cluster, and its projection.")
            .DisableHttpMetrics();
        routes.MapGet(
            "/cluster/coupons/{couponId:long}",
            (long couponId, IClusterView view, CancellationToken cancel) => TellAsync(view.LocateAsync(couponId, cancel)))
            .WithTags("The process itself").WithName("ClusterCoupon").WithSummary("Which shard a coupon belongs to, and which node holds that.")
            .DisableHttpMetrics();
    }

    private static async Task<IResult> TellAsync(Task<string?> json) => await json is { } told
        ? Results.Text(told, "application/json")
        : Results.Problem(
            "No node can be asked. Ask again in a moment.", null, StatusCodes.Status503ServiceUnavailable, "Unavailable",
            extensions: new Dictionary<string, object?> { ["code"] = RefusalCode.Of(RefusalReason.Unavailable) });
}
