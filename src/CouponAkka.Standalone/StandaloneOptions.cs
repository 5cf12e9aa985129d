using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CouponAkka.Standalone;

/// <summary>The standalone engine's own settings.</summary>
public sealed class StandaloneOptions
{
    /// <summary>The directory for all that lasts; made if it is missing.</summary>
    [Required]
    public string Data { get; set; } = "./data";

    /// <summary>How long a write to the journal may take, in seconds, before those who wait are told that its outcome is unknown.</summary>
    [Range(0.1, 3600)]
    public double WriteTimeoutSeconds { get; set; } = 5;
}

[OptionsValidator]
internal sealed partial class StandaloneOptionsValidator : IValidateOptions<StandaloneOptions>;
