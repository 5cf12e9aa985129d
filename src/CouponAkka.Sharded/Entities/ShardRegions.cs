using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster.Sharding;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;

namespace CouponAkka.Sharded.Entities;

/// <summary>The shard regions of a node, one for each kind of entity. Any thread may ask.</summary>
internal sealed class ShardRegions
{
    private readonly ConcurrentDictionary<EntityKind, IActorRef> _regions = new();

    /// <summary>By which the entities of a kind are reached, wherever they live; nobody, before they are started.</summary>
    public IActorRef Of(EntityKind kind) => _regions.GetValueOrDefault(kind, ActorRefs.Nobody);

    public async Task StartAsync(ActorSystem system, EntityKinds kinds, EntityActorSettings settings)
    {
        foreach (var kind in kinds)
        {
            Add(kind, await ClusterSharding.Get(system).StartAsync(
                kind.Name,
                entityId => PropsOf(new EntityKey(kind, long.Parse(entityId, System.Globalization.CultureInfo.InvariantCulture)), settings),
                ClusterShardingSettings.Create(system)
                    .WithRole(ClusterOptions.Coupon)
                    .WithStateStoreMode(StateStoreMode.DData)
                    .WithRememberEntities(false)
                    .WithPassivateIdleAfter(TimeSpan.FromMinutes(10)),
                new EntityMessageExtractor(),
                ClusterSharding.Get(system).DefaultShardAllocationStrategy(ClusterShardingSettings.Create(system)),
                StopEntity.Instance));
        }
    }

    public void Add(EntityKind kind, IActorRef region) => _regions[kind] = region;

    private static Props PropsOf(EntityKey key, EntityActorSettings settings) => settings.Unrecoverable.RestOf(key) is { } rest
        ? UnrecoverableEntityActor.Props(key.Kind, rest)
        : key.Kind == CouponKind.Instance ? CouponActor.Props(key.Id, settings) : EntityActor.Props(key, settings);
}
