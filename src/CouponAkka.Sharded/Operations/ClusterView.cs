using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Membership;
using MySqlConnector;

namespace CouponAkka.Sharded.Operations;

/// <summary>As this process sees it, which is a member.</summary>
internal sealed class OwnClusterView(ActorSystem system, IRequiredActor<CouponActor> region, CouponDatabase database) : IClusterView
{
    private static readonly TimeSpan AnswerExpected = TimeSpan.FromSeconds(3);

    public async Task<string?> DescribeAsync(CancellationToken cancel)
    {
        var projection = ProjectionAsync(cancel);
        var cluster = Cluster.Get(system);
        var oldest = Oldest(cluster.State);
        var members = cluster.State.Members.Select(member => new MemberJson(
            MemberName.Of(member.Address),
            [.. member.Roles.Order()],
            member.Status.ToString(),
            !cluster.State.Unreachable.Contains(member),
            member.Equals(oldest)));
        return JsonSerializer.Serialize(
            new ClusterJson(MemberName.Of(cluster.SelfAddress), [.. members], await ShardsAsync(cluster, cancel), await projection),
            ClusterJsonContext.Default.ClusterJson);
    }

    public async Task<string?> LocateAsync(long couponId, CancellationToken cancel)
    {
        var shard = EntityMessageExtractor.ShardOf(couponId);
        var awake = await ShardsAsync(Cluster.Get(system), cancel);
        var address = awake.FirstOrDefault(candidate => candidate.Shard == shard)?.Address;
        return JsonSerializer.Serialize(new CouponLocationJson(couponId, shard, address), ClusterJsonContext.Default.CouponLocationJson);
    }

    private async Task<ShardJson[]> ShardsAsync(Cluster cluster, CancellationToken cancel)
    {
        try
        {
            var stats = await (await region.GetAsync(cancel)).Ask<ClusterShardingStats>(new GetClusterShardingStats(AnswerExpected), AnswerExpected, cancel);
            return
            [
                .. from node in stats.Regions
                   from shard in node.Value.Stats
                   orderby int.Parse(shard.Key, System.Globalization.CultureInfo.InvariantCulture)
                   select new ShardJson(shard.Key, MemberName.Of(node.Key == Address.AllSystems ? cluster.SelfAddress : node.Key), shard.Value),
            ];
        }
        catch (AskTimeoutException)
        {
            return [];
        }
    }

    private async Task<ProjectionReport?> ProjectionAsync(CancellationToken cancel)
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
}

/// <summary>As a node sees it that answers, for an edge.</summary>
internal sealed class NodesClusterView(ActorSystem system, NodeDesks nodes) : IClusterView
{
    private static readonly TimeSpan AnswerExpected = TimeSpan.FromSeconds(4);

    public Task<string?> DescribeAsync(CancellationToken cancel) => AskAsync(ClusterReporter.Whole, cancel);

    public Task<string?> LocateAsync(long couponId, CancellationToken cancel) => AskAsync(couponId, cancel);

    private async Task<string?> AskAsync(object question, CancellationToken cancel)
    {
        if (nodes.Answering is not [var node, ..])
            return null;
        try
        {
            return await system.ActorSelection(new RootActorPath(node.Address) / "user" / ClusterReporter.Name).Ask<string>(question, AnswerExpected, cancel);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}

/// <summary>Tells edges what a node sees.</summary>
internal sealed class ClusterReporter : ReceiveActor
{
    public const string Name = "cluster-report";
    public const string Whole = "whole";

    public ClusterReporter(IClusterView view)
    {
        Receive<string>(question => question == Whole, _ => view.DescribeAsync(CancellationToken.None).PipeTo(Sender));
        Receive<long>(couponId => view.LocateAsync(couponId, CancellationToken.None).PipeTo(Sender));
    }

    public static Props Props(IClusterView view) => Akka.Actor.Props.Create(() => new ClusterReporter(view));
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
