using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded.Operations;

/// <summary>Settings under <c>Pbm</c>: where this process takes the commands of <c>pbm</c> (https://cmd.petabridge.com).</summary>
public sealed class PbmOptions
{
    public const string Section = "Pbm";

    /// <summary>The address on which it listens. Whoever reaches it may end the cluster, and is asked for no password.</summary>
    [Required]
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>0: it does not listen.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; } = 9110;
}

[OptionsValidator]
internal sealed partial class PbmOptionsValidator : IValidateOptions<PbmOptions>;
