namespace CouponAkka.Domain.Coupons;

/// <summary>
/// What can be asked of one coupon. Questions are commands too: they decide nothing, but their answers wait like any
/// other for what was decided before them.
/// </summary>
public abstract record CouponCommand;

/// <summary>Create the coupon, or learn that the same policy stands already.</summary>
public sealed record CreateCoupon(CouponPolicy Policy) : CouponCommand;

/// <summary>Change what is given and leave the rest.</summary>
/// <param name="TotalQuantity">The new total, whose null means without limit; null to leave it as it is.</param>
public sealed record ChangeCoupon(
    string? Title = null,
    NewTotal? TotalQuantity = null,
    Timestamp? DateIssueStart = null,
    Timestamp? DateIssueEnd = null) : CouponCommand;

/// <summary>A total to change to; null means without limit.</summary>
public readonly record struct NewTotal(long? Quantity);

/// <summary>Issue one unit to <paramref name="UserId"/>.</summary>
public sealed record IssueCoupon(long UserId) : CouponCommand;

/// <summary>Use the unit that <paramref name="UserId"/> holds, for an order of <paramref name="OrderAmount"/> if that is known.</summary>
public sealed record UseCoupon(long UserId, long? OrderAmount = null) : CouponCommand;

/// <summary>What does <paramref name="UserId"/> hold?</summary>
public sealed record FindIssue(long UserId) : CouponCommand;

/// <summary>How does the coupon stand?</summary>
public sealed record GetStatus : CouponCommand
{
    public static readonly GetStatus Instance = new();
}
