using CouponAkka.Sharded.Entities;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether every entity that was asked for here could be recovered. Those that could cost the others nothing, so it is only degraded.</summary>
internal sealed class CouponsHealth(UnrecoverableEntities unrecoverable) : IHealthCheck
{
    private const int EntitiesNamed = 10;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var entities = unrecoverable.Entities.OrderBy(entity => entity.Key.Kind.Number).ThenBy(entity => entity.Key.Id).ToList();
        return Task.FromResult(entities.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(
                $"Not recovered: {string.Join(", ", entities.Take(EntitiesNamed).Select(entity => entity.Key))}"
                + $"{(entities.Count > EntitiesNamed ? ", …" : "")}. {entities[0].Value}"));
    }
}
