using System.Threading.RateLimiting;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Http;

/// <summary>The places of the requests that are worked on.</summary>
internal sealed class LoadShedding(IOptions<LimitOptions> limits) : IConfigureOptions<RateLimiterOptions>, IWorkInProgress, IDisposable
{
    public const string Policy = "load";

    private readonly ConcurrencyLimiter _places = new(new()
    {
        PermitLimit = limits.Value.ConcurrentRequests,
        QueueLimit = limits.Value.QueuedRequests,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <inheritdoc/>
    public long Begun => _places.GetStatistics()!.TotalSuccessfulLeases;

    /// <inheritdoc/>
    public bool IsWorking =>
        _places.GetStatistics() is { } now && (now.CurrentQueuedCount > 0 || now.CurrentAvailablePermits < limits.Value.ConcurrentRequests);

    public void Configure(RateLimiterOptions options)
    {
        var everyone = RateLimitPartition.Get(Policy, _ => new Shared(_places));
        options.AddPolicy(Policy, _ => everyone);
        options.OnRejected = (rejected, _) => new(Refusals.WriteAsync(rejected.HttpContext, Problem.For(429)));
    }

    /// <inheritdoc/>
    public bool TryClose() => _places.AttemptAcquire(limits.Value.ConcurrentRequests).IsAcquired;

    public void Dispose() => _places.Dispose();

    // ASP.NET disposes of a limiter that was idle for a while, and has another one made.
    private sealed class Shared(ConcurrencyLimiter places) : RateLimiter
    {
        public override TimeSpan? IdleDuration => null;

        public override RateLimiterStatistics? GetStatistics() => places.GetStatistics();

        protected override RateLimitLease AttemptAcquireCore(int permitCount) => places.AttemptAcquire(permitCount);

        protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
            places.AcquireAsync(permitCount, cancellationToken);
    }
}
