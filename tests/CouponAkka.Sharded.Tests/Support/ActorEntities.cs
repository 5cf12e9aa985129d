using System.Collections.Concurrent;
using Akka.Actor;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Entities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>Counters as a node holds them, in one process and without a cluster.</summary>
internal sealed class ActorEntities : IEntities, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IHost _host;
    private readonly EntityActorSettings _settings;
    private readonly ConcurrentDictionary<EntityKey, Lazy<IActorRef>> _awake = [];
    private long _number;

    private ActorEntities(IHost host, EntityActorSettings settings) => (_host, _settings) = (host, settings);

    /// <summary>Who can't be reached.</summary>
    public ConcurrentDictionary<EntityKey, bool> Away { get; } = [];

    public static async Task<ActorEntities> StartAsync(CouponDatabase database) => new(
        await CouponHost.StartAsync(database, Patience, kinds: CounterKind.WithCounters), CouponSettings.Of(database, Patience));

    public async ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
    {
        var key = new EntityKey(kind, id);
        if (Away.ContainsKey(key))
            return kind.Unavailable;
        var awake = _awake.GetOrAdd(
            key, key => new(() => _host.Services.GetRequiredService<ActorSystem>().ActorOf(EntityActor.Props(key, _settings)))).Value;
        return Assert.Single((await awake.Ask<EntityAnswers>(new EntityRequest(key, Interlocked.Increment(ref _number), [command], []), Patience)).Replies);
    }

    public async Task<long> AskCounterAsync(long id, Command command) => Assert.IsType<CounterReply>(await AskAsync(CounterKind.Instance, id, command)).Count;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
