namespace CouponAkka.Domain.Coupons;

/// <summary>What a coupon answers.</summary>
public abstract record CouponReply : Reply
{
    /// <summary>The write that this answer rests on may or may not have landed. Ask again: the answer will tell.</summary>
    public static readonly Refused OutcomeUnknown = new(RefusalReason.OutcomeUnknown);

    /// <summary>Nothing was decided.</summary>
    public static readonly Refused Unavailable = new(RefusalReason.Unavailable);

    /// <summary>The answer where none is known: a question decides nothing, of anything else the outcome is unknown.</summary>
    public static Refused Lost(CouponCommand command) => command is CouponQuestion ? Unavailable : OutcomeUnknown;
}

/// <summary>The coupon was created by this command, if <paramref name="Created"/>; else it stood already, or was changed.</summary>
public sealed record CouponStands(CouponView Coupon, bool Created = false) : CouponReply;

/// <summary>This command issued a unit.</summary>
public sealed record Issued(CouponIssue Issue) : CouponReply;

/// <summary>This command used a unit.</summary>
public sealed record Used(CouponIssue Issue) : CouponReply;

/// <summary>The coupon has heard what an order asks. What came of it, its events tell the order.</summary>
public sealed record HoldHeard : CouponReply
{
    public static readonly HoldHeard Instance = new();
}

/// <summary>The unit that was asked for.</summary>
public sealed record IssueFound(CouponIssue Issue) : CouponReply;

/// <summary>The coupon that was asked for.</summary>
public sealed record CouponFound(CouponView Coupon) : CouponReply;

/// <summary>How the coupon stands.</summary>
public sealed record StatusIs(CouponStatus Status) : CouponReply;

/// <summary>No, and why; with the unit that the user holds, or the coupon as it is, where that is the reason.</summary>
public sealed record Refused(RefusalReason Reason, CouponIssue? Issue = null, CouponView? Coupon = null) : CouponReply;

/// <summary>Why a coupon refuses.</summary>
public enum RefusalReason
{
    CouponNotExist = 1,
    CouponAlreadyExist,
    InvalidPeriod,
    DuplicatedIssue,
    SoldOut,
    TotalBelowIssued,
    OutsidePeriod,
    IssueNotExist,
    AlreadyUsed,
    OrderTooSmall,
    OutcomeUnknown,
    Unavailable,
    Stopped,
    CouponChanged,
    CouponHeld,
}

/// <summary>What a reason is called by programs: in answers, and in what is measured.</summary>
public static class RefusalCode
{
    public static string Of(RefusalReason reason) => reason switch
    {
        RefusalReason.CouponNotExist => "COUPON_NOT_EXIST",
        RefusalReason.CouponAlreadyExist => "COUPON_ALREADY_EXIST",
        RefusalReason.InvalidPeriod => "VALIDATION_FAILED",
        RefusalReason.DuplicatedIssue => "DUPLICATED_COUPON_ISSUE",
        RefusalReason.SoldOut => "INVALID_COUPON_ISSUE_QUANTITY",
        RefusalReason.TotalBelowIssued => "INVALID_COUPON_ISSUE_QUANTITY",
        RefusalReason.OutsidePeriod => "INVALID_COUPON_ISSUE_DATE",
        RefusalReason.IssueNotExist => "COUPON_ISSUE_NOT_EXIST",
        RefusalReason.AlreadyUsed => "COUPON_ALREADY_USED",
        RefusalReason.OrderTooSmall => "INVALID_ORDER_AMOUNT",
        RefusalReason.OutcomeUnknown => "ISSUE_OUTCOME_UNKNOWN",
        RefusalReason.Unavailable => "UNAVAILABLE",
        RefusalReason.Stopped => "COUPON_STOPPED",
        RefusalReason.CouponChanged => "COUPON_CHANGED",
        RefusalReason.CouponHeld => "COUPON_HELD",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no code for this reason."),
    };
}

/// <summary>A unit that a user holds.</summary>
/// <param name="Ticket">1 … N, in the order decided.</param>
/// <param name="HeldBy">The order that it is held for; null where it is free or used.</param>
public sealed record CouponIssue(
    long CouponId,
    long UserId,
    long Ticket,
    Timestamp DateIssued,
    Timestamp? DateUsed = null,
    long? HeldBy = null);

/// <summary>A coupon as it stands: the policy and what has become of it.</summary>
/// <param name="DateUpdated">When it was last changed, stopped or resumed, which issuing is not: later with each of them, so it names what stands.</param>
/// <param name="Stopped">Whether nobody is issued anything until it is resumed.</param>
public sealed record CouponView(
    long CouponId,
    CouponPolicy Policy,
    long IssuedQuantity,
    Timestamp DateCreated,
    Timestamp DateUpdated,
    bool Stopped = false);

/// <summary>What a new user would hear: the state follows the order in which an issue is refused.</summary>
public enum CouponState
{
    NotOpen = 1,
    Open,
    SoldOut,
    Ended,
    Stopped,
}

/// <summary>How much of a coupon is left.</summary>
public sealed record CouponStatus(long CouponId, CouponState State, long IssuedQuantity, long? TotalQuantity)
{
    /// <summary>Null means without limit.</summary>
    public long? Remaining => TotalQuantity - IssuedQuantity;
}
