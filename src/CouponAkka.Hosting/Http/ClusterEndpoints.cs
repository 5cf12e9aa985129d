using System.Diagnostics;
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
        routes.MapGet("/cluster", (IClusterView view, HttpContext context) => TellAsync(view.DescribeAsync(context.RequestAborted), context))
            .WithTags("The process itself").WithName("Cluster").WithSummary("Members, shards and entities of the cluster, and its projection.")
            .DisableHttpMetrics();
        routes.MapGet(
            "/cluster/coupons/{couponId:long}",
            (long couponId, IClusterView view, HttpContext context) => TellAsync(view.LocateAsync(couponId, context.RequestAborted), context))
            .WithTags("The process itself").WithName("ClusterCoupon").WithSummary("Which shard a coupon belongs to, and which node holds that.")
            .DisableHttpMetrics();
    }

    private static async Task<IResult> TellAsync(Task<string?> json, HttpContext context) =>
        await json is { } told ? Results.Text(told, "application/json") : Unavailable(context);

    // As the API refuses, which a node does not have.
    private static IResult Unavailable(HttpContext context)
    {
        var code = RefusalCode.Of(RefusalReason.Unavailable);
        context.Response.Headers.RetryAfter = "1";
        return Results.Problem(
            "No node can be asked. Ask again in a moment.", null, StatusCodes.Status503ServiceUnavailable, "Unavailable", $"urn:couponakka:problem:{code}",
            new Dictionary<string, object?> { ["code"] = code, ["traceId"] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier });
    }
}
