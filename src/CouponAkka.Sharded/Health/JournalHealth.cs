using CouponAkka.Sharded.Journal;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether the journal can be written: it was, by a coupon's way, and <see cref="JournalWatch"/> could a moment ago.</summary>
internal sealed class JournalHealth(WarmJournal warm, JournalState state) : IHealthCheck
{
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(15);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        state.Unwritable is { } why ? HealthCheckResult.Unhealthy(why)
        : !warm.IsWritten ? HealthCheckResult.Unhealthy("Nothing has been written to the journal yet.")
        : state.SinceLooked is var since && since > Stale ? HealthCheckResult.Unhealthy($"The journal was not tried for {since.TotalSeconds:0} s.")
        // Other coupons go on.
        : state.Lost is { Count: > 0 } lost ? HealthCheckResult.Degraded(
            $"The database lacks {lost.Sum(events => events.Durable - events.JournalEnd)} acknowledged events of {lost.Count} coupons; the log names them.")
        : HealthCheckResult.Healthy());
}

/// <summary>Whether the settings of the database keep what it acknowledges.</summary>
internal sealed class DurabilityHealth(JournalState state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        state.Durability is not { } report ? HealthCheckResult.Degraded("The settings of the database have not been read yet.")
        : report.Trouble is not { } trouble ? HealthCheckResult.Healthy(report.Server)
        : report.Refusals.Count > 0 ? HealthCheckResult.Unhealthy(trouble)
        : HealthCheckResult.Degraded(trouble));
}
