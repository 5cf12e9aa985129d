namespace CouponAkka.Domain.Coupons;

/// <summary>
/// What can be asked of one coupon. Questions are commands too: they decide nothing, but their answers wait like any
/// other for what was decided before them.
/// </summary>
public abstract record CouponCommand : Command;

/// <summary>A question: it decides nothing.</summary>
public abstract record CouponQuestion : CouponCommand;

/// <summary>Decides about the coupon itself, so that what was refused before may not be refused after, or for another reason.</summary>
public abstract record PolicyCommand : CouponCommand;

/// <summary>Create the coupon, or learn that the same policy stands already.</summary>
public sealed record CreateCoupon(CouponPolicy Policy) : CouponCommand;

/// <summary>Change what is given and leave the rest.</summary>
/// <param name="TotalQuantity">The new total, whose null means without limit; null to leave it as it is.</param>
/// <param name="IfUpdatedAt">Only if the coupon was last updated then; null to change it whatever it is.</param>
public sealed record ChangeCoupon(
    string? Title = null,
    NewTotal? TotalQuantity = null,
    Timestamp? DateIssueStart = null,
    Timestamp? DateIssueEnd = null,
    Timestamp? IfUpdatedAt = null) : PolicyCommand;

/// <summary>A total to change to; null means without limit.</summary>
public readonly record struct NewTotal(long? Quantity);

/// <summary>From the answer on, issue nothing to anybody, until <see cref="ResumeIssuing"/>. Who holds a unit keeps it.</summary>
public sealed record StopIssuing : PolicyCommand
{
    public static readonly StopIssuing Instance = new();
}

/// <summary>Issue again as the policy says.</summary>
public sealed record ResumeIssuing : PolicyCommand
{
    public static readonly ResumeIssuing Instance = new();
}

/// <summary>Issue one unit to <paramref name="UserId"/>.</summary>
public sealed record IssueCoupon(long UserId) : CouponCommand;

/// <summary>Use the unit that <paramref name="UserId"/> holds, for an order of <paramref name="OrderAmount"/> if that is known.</summary>
public sealed record UseCoupon(long UserId, long? OrderAmount = null) : CouponCommand;

/// <summary>Hold the unit of <paramref name="UserId"/> for an order. An order asks once in its life; asked again, nothing more happens.</summary>
/// <param name="OrderAmount">Before the discount.</param>
public sealed record HoldUnit(long UserId, long OrderId, long OrderAmount) : CouponCommand;

/// <summary>The order is canceled: what is held for it is free again.</summary>
public sealed record ReleaseUnit(long OrderId) : CouponCommand;

/// <summary>The order is paid: what is held for it is used.</summary>
public sealed record UseHeldUnit(long OrderId) : CouponCommand;

/// <summary>What does <paramref name="UserId"/> hold?</summary>
public sealed record FindIssue(long UserId) : CouponQuestion;

/// <summary>What is the coupon's policy, and what has become of it?</summary>
public sealed record GetCoupon : CouponQuestion
{
    public static readonly GetCoupon Instance = new();
}

/// <summary>How does the coupon stand?</summary>
public sealed record GetStatus : CouponQuestion
{
    public static readonly GetStatus Instance = new();
}
