using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using CouponAkka.Cluster.Coupons;
using CouponAkka.Cluster.Database;
using CouponAkka.Cluster.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MySqlConnector;

namespace CouponAkka.Cluster;

/// <summary><c>GET /cluster</c>: members, shards and entities, and how far the read model follows.</summary>
internal static class ClusterEndpoint
{
    private static readonly TimeSpan AnswerExpected = TimeSpan.FromSeconds(3);

    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(
            "/cluster",
            (ActorSystem system, IRequiredActor<CouponActor> region, CouponDatabase database, CancellationToken cancel) =>
                DescribeAsync(system, region, database, cancel))
            .WithTags("The process itself").WithName("Cluster").WithSummary("Members, shards and entities of the cluster, and its projection.");
        routes.MapGet(
            "/cluster/coupons/{couponId:long}",
            (long couponId, ActorSystem system, IRequiredActor<CouponActor> region, CancellationToken cancel) => LocateAsync(couponId, system, region, cancel))
            .WithTags("The process itself").WithName("ClusterCoupon").WithSummary("Which shard a coupon belongs to, and which node holds that.");
    }

    private static async Task<IResult> DescribeAsync(
        ActorSystem system, IRequiredActor<CouponActor> region, CouponDatabase database, CancellationToken cancel)
    {
        var projection = ProjectionAsync(database, cancel);
        var cluster = Akka.Cluster.Cluster.Get(system);
        var oldest = Oldest(cluster.State);
        var members = cluster.State.Members.Select(member => new MemberJson(
            HostPort(member.Address),
            [.. member.Roles.Order()],
            member.Status.ToString(),
            !cluster.State.Unreachable.Contains(member),
            member.Equals(oldest)));
        return Results.Json(
            new ClusterJson(HostPort(cluster.SelfAddress), [.. members], await ShardsAsync(await region.GetAsync(cancel), cluster, cancel), await projection),
            ClusterJsonContext.Default.ClusterJson);
    }

    private static async Task<IResult> LocateAsync(long couponId, ActorSystem system, IRequiredActor<CouponActor> region, CancellationToken cancel)
    {
        var shard = CouponMessageExtractor.ShardOf(couponId);
        var awake = await ShardsAsync(await region.GetAsync(cancel), Akka.Cluster.Cluster.Get(system), cancel);
        var address = awake.FirstOrDefault(candidate => candidate.Shard == shard)?.Address;
        return Results.Json(new CouponLocationJson(couponId, shard, address), ClusterJsonContext.Default.CouponLocationJson);
    }

    private static async Task<ShardJson[]> ShardsAsync(IActorRef region, Akka.Cluster.Cluster cluster, CancellationToken cancel)
    {
        try
        {
            var stats = await region.Ask<ClusterShardingStats>(new GetClusterShardingStats(AnswerExpected), AnswerExpected, cancel);
            return
            [
                .. from node in stats.Regions
                   from shard in node.Value.Stats
                   orderby int.Parse(shard.Key, System.Globalization.CultureInfo.InvariantCulture)
                   select new ShardJson(shard.Key, HostPort(node.Key == Address.AllSystems ? cluster.SelfAddress : node.Key), shard.Value),
            ];
        }
        catch (AskTimeoutException)
        {
            return [];
        }
    }

    private static async Task<ProjectionReport?> ProjectionAsync(CouponDatabase database, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(AnswerExpected);
        try
        {
            return await ProjectionReport.ReadAsync(database, patience.Token);
        }
        // What else there is to tell is worth telling, and the health check says what is wrong with the database.
        catch (Exception failure) when (failure is MySqlException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    // The oldest node holds the coordinator of the shards and the projection.
    private static Member? Oldest(ClusterEvent.CurrentClusterState state) => state.Members
        .Where(member => member.HasRole(ClusterOptions.Coupon) && member.Status is MemberStatus.Up or MemberStatus.Leaving)
        .Aggregate((Member?)null, (oldest, member) => oldest is null || member.IsOlderThan(oldest) ? member : oldest);

    private static string HostPort(Address address) => $"{address.Host}:{address.Port}";
}

/// <summary>The cluster as one of its members sees it.</summary>
/// <param name="Shards">Those that are awake; empty while the coordinator does not answer.</param>
/// <param name="Projection">Null while the database can't be asked.</param>
internal sealed record ClusterJson(
    string Self, IReadOnlyList<MemberJson> Members, IReadOnlyList<ShardJson> Shards, ProjectionReport? Projection);

/// <param name="Oldest">It holds the coordinator of the shards and the projection.</param>
internal sealed record MemberJson(string Address, IReadOnlyList<string> Roles, string Status, bool Reachable, bool Oldest);

/// <param name="Entities">How many coupons of the shard are awake.</param>
internal sealed record ShardJson(string Shard, string Address, int Entities);

/// <param name="Address">Null while the shard sleeps.</param>
internal sealed record CouponLocationJson(long CouponId, string Shard, string? Address);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterJson))]
[JsonSerializable(typeof(CouponLocationJson))]
internal sealed partial class ClusterJsonContext : JsonSerializerContext;
