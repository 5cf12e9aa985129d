using CouponAkka.Engine.Coupons;

namespace CouponAkka.Engine;

/// <summary>Every kind of entity that there is.</summary>
public static class EntityKinds
{
    public static IReadOnlyList<EntityKind> All { get; } = [CouponKind.Instance];

    /// <summary>Null for a number that no kind has.</summary>
    public static EntityKind? Numbered(long number)
    {
        foreach (var kind in All)
        {
            if (kind.Number == number)
                return kind;
        }

        return null;
    }
}
