using System.Globalization;

namespace CouponAkka.Sharded.Entities;

/// <summary>The name under which a coupon's events stand in the journal.</summary>
internal static class PersistenceIds
{
    public const string Prefix = "coupon-";

    public static string Of(long couponId) => Prefix + couponId.ToString(CultureInfo.InvariantCulture);

    /// <summary>The coupon whose events have this name, or null if they are not a coupon's.</summary>
    public static long? CouponIdOf(string persistenceId) =>
        persistenceId.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(persistenceId.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var couponId)
            ? couponId
            : null;
}
