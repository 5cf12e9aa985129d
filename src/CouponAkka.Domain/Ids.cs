namespace CouponAkka.Domain;

/// <summary>Which numbers are ids: 1 … 2^53-1, so that every JSON reader holds them exactly.</summary>
public static class Ids
{
    public const long Max = (1L << 53) - 1;

    public static bool IsId(long number) => number is >= 1 and <= Max;
}
