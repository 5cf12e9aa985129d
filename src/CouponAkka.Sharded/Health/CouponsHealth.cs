using CouponAkka.Sharded.Entities;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CouponAkka.Sharded.Health;

/// <summary>Whether every coupon that was asked for here could be recovered. Those that could cost the others nothing, so it is only degraded.</summary>
internal sealed class CouponsHealth(UnrecoverableCoupons unrecoverable) : IHealthCheck
{
    private const int CouponsNamed = 10;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var coupons = unrecoverable.Coupons;
        return Task.FromResult(coupons.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(
                $"Not recovered: coupon {string.Join(", ", coupons.Keys.Order().Take(CouponsNamed))}"
                + $"{(coupons.Count > CouponsNamed ? ", …" : "")}. {coupons[coupons.Keys.Min()]}"));
    }
}
