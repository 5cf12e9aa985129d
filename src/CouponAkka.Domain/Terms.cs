namespace CouponAkka.Domain;

/// <summary>
/// What whoever runs the shop has settled, for reactions to put into what they ask: the answer stands in the journal, and is not settled again.
/// </summary>
/// <param name="PayoutRate">Which part of a discount its vendor is paid, 0 … 1.</param>
public sealed record Terms(decimal PayoutRate)
{
    public static readonly Terms Default = new(PayoutRate: 0.1m);
}
