using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Projection;

/// <summary>
/// Projects as long as it lives: to be hosted as the cluster's one. Two at once do no harm, for each transaction asks the database whose turn
/// it is; so the next one need not wait for the last transaction of this one.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "An actor's end is PostStop.")]
internal sealed class ProjectionActor(
    CouponDatabase database, EntityKinds kinds, MySqlProjectionStatus status, TimeProvider time, ILogger<ProjectionActor> log) : UntypedActor
{
    private readonly CancellationTokenSource _stop = new();

    public static Props Props(CouponDatabase database, EntityKinds kinds, MySqlProjectionStatus status, TimeProvider time, ILogger<ProjectionActor> log) =>
        Akka.Actor.Props.Create(() => new ProjectionActor(database, kinds, status, time, log));

    protected override void PreStart() =>
        new ProjectionStream(database, kinds, status, time, log).Create(_stop.Token).To(Sink.Ignore<Akka.NotUsed>()).Run(Context.Materializer());

    // The materializer is of this actor's context, so the stream ends with it.
    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
        status.Stopped();
    }

    protected override void OnReceive(object message) => Unhandled(message);
}
