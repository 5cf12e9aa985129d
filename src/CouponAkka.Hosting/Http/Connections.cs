using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting.Http;

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

    /// <summary>
    /// Proxies whose <c>X-Forwarded-For</c> is believed, so that addresses are those of their clients: addresses or networks, with commas between.
    /// </summary>
    public string? TrustedProxies { get; set; }

    /// <summary>
    /// Connections that may be open, idle ones among them; one more is closed at once. Left out, what the system's limit of open files leaves for them.
    /// </summary>
    [Range(1, int.MaxValue)]
    public int? Connections { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Connections > OpenFiles.Connections)
        {
            yield return new(
                $"Limits:Connections: of the {OpenFiles.Limit} files that may be open {OpenFiles.Connections} can be connections, not {Connections}.",
                [nameof(Connections)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class LimitOptionsValidator : IValidateOptions<LimitOptions>;

/// <summary>How many connections a program takes, and how it ends them.</summary>
public static class Connections
{
    public static IServiceCollection AddConnectionLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ConnectionLimit>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, PromptStop>();
        return services;
    }
}

internal sealed class ConnectionLimit(IOptions<LimitOptions> limits) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions options) => options.Limits.MaxConcurrentConnections = limits.Value.Connections ?? OpenFiles.Connections;
}
