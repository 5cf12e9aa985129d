using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using CouponAkka.Contracts;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Sharded.Tests;

/// <summary>The settings of sharding that every member has.</summary>
public sealed class ShardingTests
{
    /// <summary>The store of durable keys is LightningDB, which comes along in a version that does not fit: with remember-entities on, no shard would find its node.</summary>
    [Fact]
    public async Task Shards_find_their_node_and_no_durable_store_is_loaded()
    {
        using var system = ActorSystem.Create(CouponCluster.SystemName, ConfigurationFactory.ParseString(CouponCluster.Hocon(new ClusterOptions()))
            .WithFallback(ConfigurationFactory.ParseString(
                """
                akka.actor.provider = cluster
                akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
                akka.cluster.sharding.state-store-mode = ddata
                """)));
        var cluster = Cluster.Get(system);
        cluster.Join(cluster.SelfAddress);

        var region = ClusterSharding.Get(system).Start(
            CouponKind.Instance.Name, Props.Create<Echo>(), ClusterShardingSettings.Create(system), new EntityMessageExtractor());

        var question = new FollowCoupon(7, 1, 0);
        Assert.Equal(question, await region.Ask<FollowCoupon>(question, Eventually.Deadline));
        Assert.DoesNotContain(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "LightningDB");
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
