using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using CouponAkka.Engine;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Edge;

/// <summary>The desks of the nodes, as an edge knows them that is no member of the cluster. <see cref="NodeWatch"/> writes it.</summary>
internal sealed class NodeDesks : IWaysToEntities
{
    private readonly ConcurrentDictionary<(EntityKind Kind, string Shard), Address> _homes = new();
    private volatile NodeDesk[] _answering = [];
    private volatile int _known;

    /// <summary>How many nodes there are by the database.</summary>
    public int Known => _known;

    /// <summary>Those that have answered within the last second.</summary>
    public IReadOnlyList<NodeDesk> Answering => _answering;

    public bool Any => _answering.Length > 0;

    public IActorRef? Of(EntityKey key)
    {
        var answering = _answering;
        if (answering.Length == 0)
            return null;
        var shard = EntityMessageExtractor.ShardOf(key.Id);
        if (_homes.TryGetValue((key.Kind, shard), out var home) && Array.Find(answering, node => node.Address.Equals(home)) is { } there)
            return there.Desk;
        return answering[int.Parse(shard, CultureInfo.InvariantCulture) % answering.Length].Desk;
    }

    public void Learn(EntityKey key, Address home)
    {
        var shard = (key.Kind, EntityMessageExtractor.ShardOf(key.Id));
        if (!_homes.TryGetValue(shard, out var known) || !known.Equals(home))
            _homes[shard] = home;
    }

    public bool Answers(IActorRef desk) => Array.Exists(_answering, node => node.Desk.Equals(desk));

    public void Set(NodeDesk[] answering, int known)
    {
        _answering = answering;
        _known = known;
    }
}

/// <param name="Desk">The way to its desk.</param>
internal sealed record NodeDesk(Address Address, IActorRef Desk);
