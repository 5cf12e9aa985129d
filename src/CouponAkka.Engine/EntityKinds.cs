using System.Collections;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Orders;
using CouponAkka.Engine.Products;
using CouponAkka.Engine.Vendors;

namespace CouponAkka.Engine;

/// <summary>The kinds of entities that a program knows.</summary>
public sealed class EntityKinds : IReadOnlyList<EntityKind>
{
    /// <summary>Every kind that there is: what programs are given. Tests may add kinds of their own.</summary>
    public static readonly EntityKinds All = new(CouponKind.Instance, VendorKind.Instance, ProductKind.Instance, OrderKind.Instance);

    private readonly EntityKind[] _kinds;

    /// <exception cref="ArgumentException">Two have the same number or name.</exception>
    public EntityKinds(params EntityKind[] kinds)
    {
        if (kinds.DistinctBy(kind => kind.Number).Count() < kinds.Length || kinds.DistinctBy(kind => kind.Name).Count() < kinds.Length)
            throw new ArgumentException("Two kinds have the same number or the same name.", nameof(kinds));
        _kinds = kinds;
    }

    public int Count => _kinds.Length;

    public EntityKind this[int index] => _kinds[index];

    /// <summary>Null for a number that no kind has.</summary>
    public EntityKind? Numbered(long number) => Array.Find(_kinds, kind => kind.Number == number);

    /// <summary>Null for a name that no kind has.</summary>
    public EntityKind? Named(ReadOnlySpan<char> name)
    {
        foreach (var kind in _kinds)
        {
            if (name.SequenceEqual(kind.Name))
                return kind;
        }

        return null;
    }

    public IEnumerator<EntityKind> GetEnumerator() => ((IEnumerable<EntityKind>)_kinds).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
