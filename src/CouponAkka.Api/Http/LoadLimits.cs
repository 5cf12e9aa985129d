using System.ComponentModel.DataAnnotations;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Http;

/// <summary>Settings under <c>Limits</c>: how much work one process takes on before it sheds load with 429.</summary>
public sealed class LimitOptions : IValidatableObject
{
    public const string Section = "Limits";

    /// <summary>Requests that are worked on at once, those that wait for the journal among them.</summary>
    [Range(1, 1_000_000)]
    public int ConcurrentRequests { get; set; } = 2_000;

    /// <summary>Requests that wait for their turn, oldest first; one more is answered 429.</summary>
    [Range(0, 1_000_000)]
    public int QueuedRequests { get; set; } = 20_000;

    /// <summary>Requests a second that one caller is let through: by the <c>sub</c> of the token, else by address. 0: any number.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerSecondPerCaller { get; set; }

    /// <summary>Requests that a caller who has been quiet may make at once. 0: as many as in a second.</summary>
    [Range(0, 1_000_000)]
    public int BurstPerCaller { get; set; }

    /// <summary>Admin calls a second that are refused to one address for want of a right key; more hear 429.</summary>
    [Range(1, 1_000_000)]
    public int RefusedAdminCallsPerSecond { get; set; } = 100;

    /// <summary>Proxies whose <c>X-Forwarded-For</c> is believed, so that addresses are those of their clients: addresses or networks, with commas between.</summary>
    public string? TrustedProxies { get; set; }

    /// <summary>Connections that may be open, idle ones among them; one more is closed at once. Left out, what the system's limit of open files leaves for them.</summary>
    [Range(1, int.MaxValue)]
    public int? Connections { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Connections > OpenFiles.Connections)
            yield return new($"Limits:Connections: of the {OpenFiles.Limit} files that may be open {OpenFiles.Connections} can be connections, not {Connections}.", [nameof(Connections)]);
    }
}

[OptionsValidator]
internal sealed partial class LimitOptionsValidator : IValidateOptions<LimitOptions>;

internal sealed class ConnectionLimit(IOptions<LimitOptions> limits) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions options) => options.Limits.MaxConcurrentConnections = limits.Value.Connections ?? OpenFiles.Connections;
}

/// <summary>The places of the requests that are worked on.</summary>
internal sealed class LoadShedding(IOptions<LimitOptions> limits) : IConfigureOptions<RateLimiterOptions>, IDisposable
{
    public const string Policy = "load";

    private readonly ConcurrencyLimiter _places = new(new()
    {
        PermitLimit = limits.Value.ConcurrentRequests,
        QueueLimit = limits.Value.QueuedRequests,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>How many requests have got a place so far.</summary>
    public long Begun => _places.GetStatistics()!.TotalSuccessfulLeases;

    /// <summary>Some request has a place, or waits for one.</summary>
    public bool IsWorking => _places.GetStatistics() is { } now && (now.CurrentQueuedCount > 0 || now.CurrentAvailablePermits < limits.Value.ConcurrentRequests);

    public void Configure(RateLimiterOptions options)
    {
        var everyone = RateLimitPartition.Get(Policy, _ => new Shared(_places));
        options.AddPolicy(Policy, _ => everyone);
        options.OnRejected = (rejected, _) => new(Refusals.WriteAsync(rejected.HttpContext, Problem.For(429)));
    }

    /// <summary>Takes all places for good, so that nothing is begun any more; false if one is taken.</summary>
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
