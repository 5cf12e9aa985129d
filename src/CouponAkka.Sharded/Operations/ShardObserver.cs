using Akka.Actor;
using Akka.Cluster.Sharding;
using CouponAkka.Engine.Telemetry;

namespace CouponAkka.Sharded.Operations;

/// <summary>Counts for telemetry which shards this node has, how many of its coupons are awake, and how many shards came and went.</summary>
internal sealed class ShardObserver : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly IActorRef _region;
    private HashSet<string> _shards = [];
    private long _awake;
    private long _count;

    public ShardObserver(IActorRef region)
    {
        _region = region;
        CouponMeter.ObserveCouponsAwake(() => Interlocked.Read(ref _awake));
        CouponMeter.ObserveShards(() => Interlocked.Read(ref _count));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IActorRef region) => Akka.Actor.Props.Create(() => new ShardObserver(region));

    protected override void PreStart() => Timers.StartPeriodicTimer(Interval, Look.Instance, Interval);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Look:
                _region.Tell(GetShardRegionStats.Instance);
                break;
            case ShardRegionStats stats:
                Seen(stats);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Seen(ShardRegionStats stats)
    {
        var shards = stats.Stats.Keys.ToHashSet();
        CouponMeter.ShardsMoved(came: shards.Count(shard => !_shards.Contains(shard)), went: _shards.Count(shard => !shards.Contains(shard)));
        _shards = shards;
        Interlocked.Exchange(ref _count, shards.Count);
        Interlocked.Exchange(ref _awake, stats.Stats.Values.Sum(entities => (long)entities));
    }

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
