using Akka.Actor;
using Akka.Hosting;
using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>What a coupon's actor needs of a node, and no cluster.</summary>
internal static class CouponHost
{
    /// <summary>Returns when any number of actors may be made at once.</summary>
    public static async Task<IHost> StartAsync(
        CouponDatabase database, TimeSpan writeTimeout, Action<AkkaConfigurationBuilder>? configure = null, EntityKinds? kinds = null)
    {
        var host = new HostBuilder()
            .ConfigureServices(services => services.AddAkka("coupons", akka =>
            {
                akka.WithEntitySerializers(kinds ?? EntityKinds.All).WithCouponJournal(database, writeTimeout);
                configure?.Invoke(akka);
            }))
            .Build();
        await host.StartAsync();
        await StartSchedulerAsync(host.Services.GetRequiredService<ActorSystem>());
        return host;
    }

    // Akka's scheduler begins when it is first used, as work of the thread pool, and whoever uses it holds a thread until then. If forty coupons that wake
    // are the first, each takes a thread and waits, and that work has its turn after all of them. The pool of a busy process adds a thread in some seconds,
    // so that all are silent for half a minute. A node's remoting has begun it before there are coupons; here a thread that is not the pool's does.
    private static Task StartSchedulerAsync(ActorSystem system) => Task.Factory.StartNew(
        () => system.Scheduler.Advanced.ScheduleOnce(TimeSpan.Zero, () => { }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
