using System.Collections.Frozen;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Api.Coupons;

/// <summary>A coupon's refusal that shows what there is.</summary>
public sealed class CouponProblem : Problem
{
    /// <summary>What the user holds already, where that is why they are refused.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IssueJson? Issue { get; init; }

    /// <summary>The coupon as it is, where the caller knows an older one.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CouponJson? Coupon { get; init; }

    internal override JsonTypeInfo TypeInfo => CouponJsonContext.Default.CouponProblem;
}

/// <summary>What each of a coupon's refusals is in HTTP.</summary>
internal static class CouponProblems
{
    private static readonly FrozenDictionary<RefusalReason, PreparedRefusal> ByReason =
        Enum.GetValues<RefusalReason>().ToFrozenDictionary(reason => reason, reason => new PreparedRefusal(For(reason)));

    /// <summary>The refusal that shows nothing.</summary>
    public static PreparedRefusal Prepared(RefusalReason reason) => ByReason[reason];

    public static Problem For(Refused refused) => For(refused.Reason, refused.Issue, refused.Coupon);

    public static Problem For(RefusalReason reason, CouponIssue? issue = null, CouponView? coupon = null) => reason switch
    {
        RefusalReason.CouponNotExist =>
            New(404, reason, "No such coupon", "There is no coupon with this id."),
        RefusalReason.IssueNotExist =>
            New(404, reason, "No such issue", "This user does not hold this coupon."),
        RefusalReason.CouponAlreadyExist =>
            New(409, reason, "Another policy stands", "A coupon with this id exists already, with another policy."),
        RefusalReason.DuplicatedIssue =>
            New(409, reason, "Issued already", "This user holds this coupon already.", issue),
        RefusalReason.SoldOut =>
            New(409, reason, "Sold out", "Every unit of this coupon has been issued."),
        RefusalReason.TotalBelowIssued =>
            New(409, reason, "Total too low", "More units than this total have been issued already."),
        RefusalReason.OutsidePeriod =>
            New(409, reason, "Not in the period", "This coupon is not issued at this time."),
        RefusalReason.Stopped =>
            New(409, reason, "Stopped", "Nobody is issued this coupon for now: its issuing is stopped."),
        RefusalReason.CouponChanged => New(
            412, reason, "Changed meanwhile", "This coupon is no longer the one that If-Match names. Look at it as it is, and change that.", coupon: coupon),
        RefusalReason.AlreadyUsed =>
            New(409, reason, "Used already", "This user has used this coupon already.", issue),
        RefusalReason.CouponHeld =>
            New(409, reason, "Held for an order", "This user's unit is held for an order, which will use it or give it back.", issue),
        RefusalReason.OrderTooSmall =>
            New(409, reason, "Order too small", "The order is below the coupon's smallest amount."),
        RefusalReason.InvalidPeriod =>
            Problem.Invalid(new Dictionary<string, string[]> { ["dateIssueEnd"] = [CouponFields.Expected("dateIssueEnd")] }),
        RefusalReason.OutcomeUnknown => Problem.OutcomeUnknown(),
        RefusalReason.Unavailable => Problem.Unavailable(),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no problem for this reason."),
    };

    private static CouponProblem New(
        int status, RefusalReason reason, string title, string detail, CouponIssue? issue = null, CouponView? coupon = null) => Problem.Fill(
        new CouponProblem
        {
            Code = RefusalCode.Of(reason),
            Issue = issue is null ? null : IssueJson.From(issue),
            Coupon = coupon is null ? null : CouponJson.From(coupon),
        },
        status, title, detail);
}
