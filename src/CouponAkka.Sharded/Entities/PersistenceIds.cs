using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CouponAkka.Engine;

namespace CouponAkka.Sharded.Entities;

/// <summary>The name under which an entity's events stand in the journal: its kind's and its id, as in <c>coupon-7</c>.</summary>
internal static class PersistenceIds
{
    public static string Of(EntityKey key) => PrefixOf(key.Kind) + key.Id.ToString(CultureInfo.InvariantCulture);

    /// <summary>What the names of all entities of a kind begin with.</summary>
    public static string PrefixOf(EntityKind kind) => $"{kind.Name}-";

    /// <summary>The entity whose events have this name; false if they are no entity's, or of a kind that this program does not know.</summary>
    public static bool TryParse(string persistenceId, EntityKinds kinds, [NotNullWhen(true)] out EntityKey? key)
    {
        var dash = persistenceId.IndexOf('-', StringComparison.Ordinal);
        key = dash > 0
            && kinds.Named(persistenceId.AsSpan(0, dash)) is { } kind
            && long.TryParse(persistenceId.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                ? new EntityKey(kind, id)
                : null;
        return key is not null;
    }
}
