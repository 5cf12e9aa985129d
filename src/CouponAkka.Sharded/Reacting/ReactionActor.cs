using Akka.Actor;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Sharded.Reacting;

/// <summary>Delivers what events ask of others. Two at once do no harm: <see cref="MySqlReactionStore"/>.</summary>
internal sealed class ReactionActor(ReactionRunner runner, NodeReactions here) : SingletonRun("Reactions")
{
    /// <param name="runner">Makes one for each life of the actor.</param>
    public static Props Props(Func<ReactionRunner> runner, NodeReactions here) => Akka.Actor.Props.Create(() => new ReactionActor(runner(), here));

    protected override Task RunAsync(CancellationToken stop) => runner.RunAsync(stop);

    protected override void IsHere(bool isHere) => here.AreHere = isHere;
}
