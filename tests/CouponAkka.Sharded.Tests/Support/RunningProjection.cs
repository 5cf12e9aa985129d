using Akka.Actor;
using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Projection;
using LinqToDB.Data;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A projection that runs, in an actor system of its own.</summary>
internal sealed class RunningProjection : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("projection", "akka.loglevel = OFF\nakka.stdout-loglevel = OFF");

    public RunningProjection(CouponDatabase database, TimeProvider? time = null, EntityKinds? kinds = null) =>
        _system.ActorOf(ProjectionActor.Props(database, kinds ?? EntityKinds.All, Status, time ?? TimeProvider.System, Log));

    public MySqlProjectionStatus Status { get; } = new(TimeProvider.System);

    public LogLines<ProjectionActor> Log { get; } = new();

    /// <summary>Waits until every coupon is projected to its end in the journal.</summary>
    public Task CaughtUpAsync(CouponDatabase database) => Eventually.HoldsAsync(
        async () =>
        {
            await using var connection = database.Connect();
            return await connection.ExecuteAsync<long>(
                """
                SELECT COUNT(*) FROM (SELECT persistence_id, MAX(sequence_number) AS last FROM journal WHERE persistence_id REGEXP '^coupon-[0-9]+$' GROUP BY 1) AS j
                LEFT JOIN projection_progress p ON j.persistence_id = CONCAT('coupon-', p.coupon_id)
                WHERE COALESCE(p.sequence_number, 0) <> j.last
                """) == 0;
        },
        () => $"{Status.Trouble}\n{Log}");

    public async ValueTask DisposeAsync() => await _system.Terminate();
}
