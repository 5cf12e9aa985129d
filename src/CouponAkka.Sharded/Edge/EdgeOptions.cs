using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded.Edge;

/// <summary>Settings under <c>Edge</c>.</summary>
public sealed class EdgeOptions
{
    public const string Section = "Edge";

    /// <summary>How long an answer of a coupon may take, in seconds, before those who wait are told that the outcome is unknown.</summary>
    [Range(0.1, 3600)]
    public double AnswerTimeoutSeconds { get; set; } = 5;

    /// <summary>
    /// How much may be copied of coupons that are closed, to refuse without asking them, in MiB of their snapshots: a million holders take about ten.
    /// </summary>
    [Range(0, 1_000_000)]
    public int CopiesMegabytes { get; set; } = 256;
}

[OptionsValidator]
internal sealed partial class EdgeOptionsValidator : IValidateOptions<EdgeOptions>;
