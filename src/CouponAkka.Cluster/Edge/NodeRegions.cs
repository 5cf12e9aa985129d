using System.Collections.Concurrent;
using System.Globalization;
using Akka.Actor;
using CouponAkka.Cluster.Coupons;

namespace CouponAkka.Cluster.Edge;

/// <summary>Those of the nodes, as an edge knows them that is no member of the cluster. <see cref="NodeWatch"/> writes it.</summary>
internal sealed class NodeRegions : IRegions
{
    private readonly ConcurrentDictionary<string, Address> _homes = new(StringComparer.Ordinal);
    private volatile NodeRegion[] _answering = [];
    private volatile int _known;

    /// <summary>How many nodes there are by the database.</summary>
    public int Known => _known;

    /// <summary>Those that have answered within the last second.</summary>
    public IReadOnlyList<NodeRegion> Answering => _answering;

    public IActorRef? Of(long couponId)
    {
        var answering = _answering;
        if (answering.Length == 0)
            return null;
        var shard = CouponMessageExtractor.ShardOf(couponId);
        if (_homes.TryGetValue(shard, out var home) && Array.Find(answering, node => node.Address.Equals(home)) is { } there)
            return there.Region;
        return answering[int.Parse(shard, CultureInfo.InvariantCulture) % answering.Length].Region;
    }

    public void Learn(long couponId, Address home)
    {
        var shard = CouponMessageExtractor.ShardOf(couponId);
        if (!_homes.TryGetValue(shard, out var known) || !known.Equals(home))
            _homes[shard] = home;
    }

    public bool Answers(IActorRef region) => Array.Exists(_answering, node => node.Region.Equals(region));

    public void Set(NodeRegion[] answering, int known)
    {
        _answering = answering;
        _known = known;
    }
}

internal sealed record NodeRegion(Address Address, IActorRef Region);
