using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Sharded.Tests;

/// <summary>Who founds a cluster where seed nodes are set. Two would never find each other again.</summary>
public sealed class SeedNodesTests
{
    private const string Host = "127.0.0.1";

    [Fact]
    public async Task The_first_seed_that_comes_back_joins_the_others_though_they_are_slow_to_answer()
    {
        var port = Random.Shared.Next(10_000, 30_000);
        var (first, other) = ($"{Host}:{port}", $"{Host}:{port + 1}");
        using var back = Start(port, first, other);
        // Longer than Akka's default waits.
        await Task.Delay(TimeSpan.FromSeconds(7));
        using var there = Start(port + 1, other);

        await Eventually.HoldsAsync(
            () => Cluster.Get(back).State.Members.Count(member => member.Status == MemberStatus.Up) == 2,
            () => $"{Cluster.Get(back).State} {Cluster.Get(there).State}");
    }

    private static ActorSystem Start(int port, params string[] seeds)
    {
        var options = new ClusterOptions { Hostname = Host, Port = port, SeedNodes = string.Join(',', seeds) };
        return ActorSystem.Create(CouponCluster.SystemName, ConfigurationFactory.ParseString(
            $$"""
            akka.actor.provider = cluster
            akka.remote.dot-netty.tcp { hostname = {{Host}}, port = {{port}} }
            akka.cluster.seed-nodes = [{{string.Join(',', seeds.Select(seed => $"\"akka.tcp://{CouponCluster.SystemName}@{seed}\""))}}]
            """)
            .WithFallback(ConfigurationFactory.ParseString(CouponCluster.Hocon(options)))
            .WithFallback(ConfigurationFactory.ParseString(CouponCluster.RemotingHocon)));
    }
}
