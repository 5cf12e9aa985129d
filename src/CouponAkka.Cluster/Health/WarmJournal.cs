using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Pattern;
using Akka.Persistence;
using CouponAkka.Cluster.Database;
using CouponAkka.Contracts;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MySqlConnector;

namespace CouponAkka.Cluster.Health;

/// <summary>Whether the journal can be written: it was, once, and the server still answers.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class WarmJournal(CouponDatabase database) : IHealthCheck
{
    private static readonly TimeSpan AnswerExpected = TimeSpan.FromSeconds(2);

    private volatile bool _written;

    public void Written() => _written = true;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!_written)
            return HealthCheckResult.Unhealthy("Nothing has been written to the journal yet.");
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(AnswerExpected);
        try
        {
            await using var connection = new MySqlConnection(database.ConnectionString);
            await connection.OpenAsync(late.Token);
            return await connection.PingAsync(late.Token)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The database does not answer.");
        }
        catch (Exception failure) when (failure is MySqlException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"The database does not answer: {failure.Message}");
        }
    }
}

/// <summary>
/// Writes something of no meaning to the journal: the first write of a process takes nearly a second, which nobody who wants a coupon
/// should wait for. Tries again until it succeeds.
/// </summary>
internal sealed class WarmUpActor(WarmJournal journal) : UntypedPersistentActor
{
    public override string PersistenceId { get; } = $"warm-up-{Guid.NewGuid():N}";

    public static Props Props(WarmJournal journal) => BackoffSupervisor.Props(Backoff.OnStop(
        Akka.Actor.Props.Create(() => new WarmUpActor(journal)), "writer", TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2), 0.2, maxNrOfRetries: -1));

    protected override void OnRecover(object message)
    {
        if (message is RecoveryCompleted)
            Self.Tell(WriterFence.Instance);
    }

    protected override void OnCommand(object message)
    {
        if (message is WriterFence)
        {
            Persist(message, _ => journal.Written());
        }
    }
}
