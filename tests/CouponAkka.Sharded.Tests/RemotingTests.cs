using Akka.Actor;
using Akka.Configuration;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Sharded.Tests;

/// <summary>Two processes on the network, with the settings that all members have.</summary>
public sealed class RemotingTests
{
    // Which of both speaks first, and how soon the other does, decides what becomes of their connections; so it is tried often.
    private const int Times = 40;

    private static readonly TimeSpan Gate = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task One_that_comes_back_on_its_address_and_one_that_stayed_hear_each_other_whoever_speaks_first()
    {
        using var stayed = Start(port: 0);
        var port = 0;
        var random = new Random(1);
        for (var time = 0; time < Times; time++)
        {
            using var back = Start(port);
            port = AddressOf(back).Port!.Value;
            var ahead = TimeSpan.FromMilliseconds(random.Next(-8, 9));
            await Task.WhenAll(HearsAsync(stayed, back, ahead), HearsAsync(back, stayed, -ahead));
            await Task.WhenAll(HearsAsync(stayed, back), HearsAsync(back, stayed));
            await back.Terminate();
            // Else what is said to it next is dropped before it is sent.
            await Task.Delay(2 * Gate);
        }
    }

    private static ActorSystem Start(int port)
    {
        var system = ActorSystem.Create(CouponCluster.SystemName, ConfigurationFactory.ParseString(
            $$"""
            akka.loglevel = WARNING
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = {{port}} }
            akka.remote.retry-gate-closed-for = {{Gate.TotalMilliseconds}}ms
            """).WithFallback(ConfigurationFactory.ParseString(CouponCluster.RemotingHocon)));
        system.ActorOf<Echo>("echo");
        return system;
    }

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private static async Task HearsAsync(ActorSystem speaker, ActorSystem hearer, TimeSpan delay = default)
    {
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay);
        var echo = speaker.ActorSelection(new RootActorPath(AddressOf(hearer)) / "user" / "echo");
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return await echo.Ask<string>("anyone?", TimeSpan.FromMilliseconds(300)) == "anyone?";
            }
            catch (AskTimeoutException)
            {
                return false;
            }
        });
    }

    private sealed class Echo : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
