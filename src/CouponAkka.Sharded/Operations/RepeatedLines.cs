namespace CouponAkka.Sharded.Operations;

/// <summary>
/// Of lines of one kind lets the first few of each second through and counts the rest. When a database fails, each coupon says so, and a thousand
/// times the same hides what else there is.
/// </summary>
internal sealed class RepeatedLines<TKind>
    where TKind : notnull
{
    /// <summary>How many of a kind are let through in a second.</summary>
    public const int Burst = 10;

    private readonly Dictionary<TKind, int> _seen = [];

    /// <summary>Whether one more of this kind may be written; else it is counted.</summary>
    public bool MayWrite(TKind kind)
    {
        var seen = _seen.GetValueOrDefault(kind) + 1;
        _seen[kind] = seen;
        return seen <= Burst;
    }

    /// <summary>A second has passed: how many of each kind were not written. All may be written again.</summary>
    public IReadOnlyList<(TKind Kind, int Count)> NextSecond()
    {
        var left = _seen.Where(kind => kind.Value > Burst).Select(kind => (kind.Key, kind.Value - Burst)).ToList();
        _seen.Clear();
        return left;
    }
}
