using CouponAkka.Api.Http;

namespace CouponAkka.Api.Coupons;

/// <summary>
/// Ids for coupons, and others, that are made without one: milliseconds since 2026 in the upper 41 bits, chance in the lower 12.
/// They grow with time and need nobody to hand them out; two that meet are told apart by the entity itself, which is created only once.
/// While the clock says less than 2026, or more than 2095, when they would not fit 2^53-1 any more, they are chance alone.
/// </summary>
public sealed class CouponIds(TimeProvider clock)
{
    /// <summary>Ids are chosen by time and chance, so a few that are taken are an accident, and more of them a clock gone wrong.</summary>
    public const int MostTried = 16;

    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const int ChanceBits = 12;

    public long Next()
    {
        var milliseconds = (long)(clock.GetUtcNow() - Epoch).TotalMilliseconds;
        return milliseconds is > 0 and <= EntityId.Max >> ChanceBits
            ? (milliseconds << ChanceBits) | (uint)Random.Shared.Next(1, 1 << ChanceBits)
            : Random.Shared.NextInt64(1, EntityId.Max + 1);
    }
}
