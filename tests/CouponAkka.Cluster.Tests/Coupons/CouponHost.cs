using Akka.Actor;
using Akka.Hosting;
using CouponAkka.Cluster.Coupons;
using CouponAkka.Cluster.Database;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Cluster.Tests.Coupons;

/// <summary>What a coupon's actor needs of a node, and no cluster.</summary>
internal static class CouponHost
{
    /// <summary>Returns when any number of actors may be made at once.</summary>
    public static async Task<IHost> StartAsync(CouponDatabase database, TimeSpan writeTimeout, Action<AkkaConfigurationBuilder>? configure = null)
    {
        var host = new HostBuilder()
            .ConfigureServices(services => services.AddAkka("coupons", akka =>
            {
                akka.WithCustomSerializer("coupon", CouponSerializer.Types, system => new CouponSerializer(system)).WithCouponJournal(database, writeTimeout);
                configure?.Invoke(akka);
            }))
            .Build();
        await host.StartAsync();
        await StartSchedulerAsync(host.Services.GetRequiredService<ActorSystem>());
        return host;
    }

    // Akka's scheduler begins when it is first used: as work of the thread pool, for which whoever uses it waits, and holds a thread. If actors that wake
    // are the first, each takes one thread more and waits, and the work has its turn after them. A busy process adds a thread in some seconds, so that
    // forty coupons are silent for half a minute. A node's remoting has begun it before there are coupons. So does this, and holds no thread of the pool.
    private static Task StartSchedulerAsync(ActorSystem system) => Task.Factory.StartNew(
        () => system.Scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () => { }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
