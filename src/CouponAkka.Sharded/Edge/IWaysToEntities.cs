using Akka.Actor;
using CouponAkka.Engine;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// By whom entities can be asked: a shard region of this process, or the desk of any node; that of the one where the entity lives saves a hop. Any thread
/// may use it.
/// </summary>
internal interface IWaysToEntities
{
    /// <summary>Whether any answers.</summary>
    bool Any { get; }

    /// <summary>Whom to ask an entity by, or null if nobody answers.</summary>
    IActorRef? Of(EntityKey key);

    /// <summary>An entity has answered from there: it, and all of its shard, live there.</summary>
    void Learn(EntityKey key, Address home);

    /// <summary>Whether it is worth waiting for what was sent there.</summary>
    bool Answers(IActorRef asked);
}

/// <summary>Those of this process, which holds entities itself and knows the other nodes as a member does.</summary>
internal sealed class OwnRegions(ShardRegions regions) : IWaysToEntities
{
    public bool Any => true;

    public IActorRef? Of(EntityKey key) => regions.Of(key.Kind);

    public void Learn(EntityKey key, Address home)
    {
        // The region knows.
    }

    public bool Answers(IActorRef asked) => true;
}
