using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded;

/// <summary>Settings under <c>Akka</c>: where this process is in the cluster and what it does there.</summary>
public sealed class ClusterOptions : IValidatableObject
{
    public const string Section = "Akka";

    /// <summary>The name or address under which the others reach this process.</summary>
    [Required]
    public string Hostname { get; set; } = "127.0.0.1";

    /// <summary>The address on which it listens for them; that of <see cref="Hostname"/> if left out. In a container: 0.0.0.0.</summary>
    public string? BindHostname { get; set; }

    /// <summary>The port on which the others reach it; 0 for any that is free.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; }

    /// <summary>
    /// Whom to ask to join, <c>host:port</c> and comma between; left out, the database says who is there, and nobody founds a second cluster. The first of
    /// them founds the cluster: at once if it is the only one or all others are looking for one too, else when none has answered for 30 s. One that finds another
    /// cluster on its database then ends.
    /// </summary>
    public string SeedNodes { get; set; } = "";

    /// <summary>What the process does, with comma between: <c>coupon</c> holds coupons, <c>edge</c> speaks HTTP for them.</summary>
    [Required]
    public string Roles { get; set; } = "";

    /// <summary>
    /// How long the members must agree on who can't be reached and yet lives, in seconds, before the smaller side is removed and its coupons wake
    /// elsewhere. (Who is dead by the database is removed sooner.) Too short, and a pause of the network costs a node; it never costs a coupon, for the journal takes only one writer's next event.
    /// </summary>
    [Range(1, 3600)]
    public double StableAfterSeconds { get; set; } = 3;

    /// <summary>How long a write to the journal may take, in seconds, before those who wait are told that its outcome is unknown.</summary>
    [Range(0.1, 3600)]
    public double WriteTimeoutSeconds { get; set; } = 5;

    /// <summary>
    /// A PKCS#12 file with a certificate and its key: the members then speak TLS with each other, and only that. Each shows its own, also who
    /// connects, and takes for a member whose certificate has the same names and is signed by whom the machine trusts.
    /// </summary>
    public string? TlsCertificate { get; set; }

    /// <summary>What that file is encrypted with; nothing if left out.</summary>
    public string? TlsCertificatePassword { get; set; }

    internal const string Coupon = "coupon";
    internal const string Edge = "edge";

    internal string[] RoleList => Split(Roles);

    internal string[] SeedNodeList => Split(SeedNodes);

    internal bool MayFound => SeedNodeList.FirstOrDefault() == $"{Hostname}:{Port}";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var role in RoleList.Where(role => role is not (Coupon or Edge)))
            yield return new($"Akka:Roles: '{role}' is neither '{Coupon}' nor '{Edge}'.", [nameof(Roles)]);
        foreach (var node in SeedNodeList.Where(node => !IsAddress(node)))
            yield return new($"Akka:SeedNodes: '{node}' is not host:port.", [nameof(SeedNodes)]);
        if (TlsCertificate is not null && !File.Exists(TlsCertificate))
            yield return new($"Akka:TlsCertificate: there is no file '{TlsCertificate}'.", [nameof(TlsCertificate)]);
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool IsAddress(string node) =>
        node.LastIndexOf(':') is > 0 and var colon && int.TryParse(node.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        && port is > 0 and <= 65_535;
}

[OptionsValidator]
internal sealed partial class ClusterOptionsValidator : IValidateOptions<ClusterOptions>;
