using Akka.Actor;
using CouponAkka.Domain;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Reacting;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>Reactions that are delivered, in an actor system of their own, by what counters ask.</summary>
internal sealed class RunningReactions : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("reactions", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF");
    private readonly IActorRef _actor;

    public RunningReactions(CouponDatabase database, IEntities entities, TimeProvider? time = null)
    {
        var table = new ReactionTable(CounterKind.WithCounters, Terms.Default, []);
        var clock = time ?? TimeProvider.System;
        Here = new NodeReactions(new ReactionStatus());
        _actor = _system.ActorOf(ReactionActor.Props(
            () => new ReactionRunner(
                new MySqlReactionJournal(database, CounterKind.WithCounters, table, clock),
                new MySqlReactionStore(database, CounterKind.WithCounters),
                entities,
                table,
                Here.Status,
                clock,
                Log),
            Here));
    }

    public NodeReactions Here { get; }

    public LogLines<ReactionRunner> Log { get; } = new();

    /// <summary>As at a hand-over.</summary>
    public async Task StopAsync()
    {
        var ended = _actor.WatchAsync();
        _actor.Tell(ReactionActor.Stop.Instance);
        await ended;
    }

    /// <summary>As at a crash: it saves nothing that it would have to.</summary>
    public async ValueTask DisposeAsync() => await _system.Terminate();
}
