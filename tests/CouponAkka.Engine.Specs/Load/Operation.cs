using System.Diagnostics;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>What can be asked of one coupon.</summary>
public abstract record Question
{
    public sealed record Issue(long UserId) : Question;

    public sealed record Find(long UserId) : Question;

    public sealed record Use(long UserId) : Question;

    public sealed record Status : Question;

    /// <summary>The coupon itself.</summary>
    public sealed record Coupon : Question;

    /// <summary>Null leaves a field as it is. To stop or resume it goes alone, by a path of its own.</summary>
    public sealed record Change(
        string? Title = null, long? TotalQuantity = null, DateTimeOffset? DateIssueStart = null, DateTimeOffset? DateIssueEnd = null, bool? Stopped = null) : Question;

    /// <summary>Whether its answer may leave the coupon otherwise than it was.</summary>
    public bool Writes => this is Issue or Use or Change;
}

/// <summary>What was answered.</summary>
public abstract record Told
{
    /// <summary>201.</summary>
    public sealed record Issued(Issue Issue) : Told;

    /// <summary>409, or 200 to who only asked: the user holds this.</summary>
    public sealed record Held(Issue Issue) : Told;

    /// <summary>404: the user holds nothing.</summary>
    public sealed record NotHeld : Told;

    public sealed record SoldOut : Told;

    public sealed record OutsidePeriod : Told;

    /// <summary>409: nobody is issued anything.</summary>
    public sealed record Stopped : Told;

    /// <summary>200: used by this request.</summary>
    public sealed record Used(Issue Issue) : Told;

    public sealed record Stands(Status Status) : Told;

    public sealed record Changed(CouponView Coupon) : Told;

    /// <summary>200: this is the coupon.</summary>
    public sealed record Shown(CouponView Coupon) : Told;

    /// <summary>409: the new total is below what is issued.</summary>
    public sealed record BelowIssued : Told;

    /// <summary>404: there is no such coupon.</summary>
    public sealed record NoCoupon : Told;

    /// <summary>429 or 503, or nobody there: nothing was decided.</summary>
    public sealed record NotDecided : Told;

    /// <summary>503, or a connection that broke: it may have taken effect, may do so at any time, or never.</summary>
    public sealed record Unknown : Told;

    /// <summary>The answer says how the coupon stands.</summary>
    public bool Decides => this is not (NotDecided or Unknown);
}

/// <summary>One question and its answer.</summary>
/// <param name="Started">When the request began, as <see cref="Stopwatch.GetTimestamp"/> counts.</param>
/// <param name="Ended">When the whole answer was there, in the same count.</param>
/// <param name="At">When it began, by the clock on the wall.</param>
/// <param name="Connected">There was someone who answered.</param>
/// <param name="Aside">It was asked of a process that nobody else asks any more.</param>
public sealed record Operation(Question Question, Told Told, long Started, long Ended, DateTimeOffset At, bool Connected = true, bool Aside = false);
