using System.Security.Claims;

namespace CouponAkka.Api.Identity;

/// <summary>What a token may let its bearer do beyond asking for themselves.</summary>
internal static class Scopes
{
    /// <summary>Issue, find and use for other users.</summary>
    public const string ActFor = "coupons:act-for";

    /// <summary>See who holds what.</summary>
    public const string Read = "coupons:read";

    /// <summary>Make and change coupons.</summary>
    public const string Admin = "coupons:admin";

    /// <summary>In <c>scope</c>, as RFC 8693 has it, or in <c>scp</c>, as others do: words between spaces, or a list.</summary>
    public static bool Has(ClaimsPrincipal user, string scope) => user.Claims.Any(claim =>
        claim.Type is "scope" or "scp" && claim.Value.Split(' ').Contains(scope, StringComparer.Ordinal));
}
