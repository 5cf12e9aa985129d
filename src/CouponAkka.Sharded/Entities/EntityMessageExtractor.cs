using System.Globalization;
using Akka.Cluster.Sharding;
using Akka.Util;
using CouponAkka.Contracts;

namespace CouponAkka.Sharded.Entities;

/// <summary>Which shard an entity belongs to; each kind has a region, and shards, of its own.</summary>
/// <remarks>
/// 100 shards: ten times the ten nodes that one MySQL server can feed, so that each node's share is even to about a tenth.
/// The number is part of the cluster's agreement, like the serializer's id: all nodes must stop before it can change.
/// </remarks>
internal sealed class EntityMessageExtractor() : HashCodeMessageExtractor(NumberOfShards)
{
    public const int NumberOfShards = 100;

    private static readonly string[] ShardIds = [.. Enumerable.Range(0, NumberOfShards).Select(shard => shard.ToString(CultureInfo.InvariantCulture))];

    private static readonly EntityMessageExtractor Instance = new();

    public static string ShardOf(long id) => Instance.ShardId(EntityId(id));

    /// <remarks>
    /// As the base class does it, but for ids whose hash is <see cref="int.MinValue"/>, of which the base class can't take the amount and throws:
    /// that would restart the region, and with it every entity of the process, at anybody's request.
    /// </remarks>
    public override string ShardId(string entityId, object? messageHint = null) =>
        ShardIds[(int)(Math.Abs((long)MurmurHash.StringHash(entityId)) % NumberOfShards)];

    public override string? EntityId(object message) => message is IEntityMessage { EntityId: var id } ? EntityId(id) : null;

    private static string EntityId(long id) => id.ToString(CultureInfo.InvariantCulture);
}
