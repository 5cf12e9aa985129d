using System.Globalization;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Coupons;

/// <summary>What a coupon's reply is in HTTP.</summary>
internal static class CouponAnswers
{
    public static IResult ToResult(this Reply reply) => reply switch
    {
        Issued issued => new JsonResult<IssueJson>(
            IssueJson.From(issued.Issue), CouponJsonContext.Default.IssueJson, StatusCodes.Status201Created, PathOf(issued.Issue)),
        Refused { Issue: null, Coupon: null } refused => CouponProblems.Prepared(refused.Reason),
        Refused refused => new ProblemResult(CouponProblems.For(refused), refused.Coupon is { } coupon ? ETag.Of(coupon) : null),
        IssueFound found => new JsonResult<IssueJson>(IssueJson.From(found.Issue), CouponJsonContext.Default.IssueJson),
        Used used => new JsonResult<IssueJson>(IssueJson.From(used.Issue), CouponJsonContext.Default.IssueJson),
        StatusIs status => new JsonResult<CouponStatusJson>(CouponStatusJson.From(status.Status), CouponJsonContext.Default.CouponStatusJson),
        CouponStands { Created: true } created => ToResult(created.Coupon, StatusCodes.Status201Created, PathOf(created.Coupon)),
        CouponStands stands => ToResult(stands.Coupon),
        CouponFound found => ToResult(found.Coupon),
        _ => throw new ArgumentException($"There is no answer for {reply.GetType().Name}.", nameof(reply)),
    };

    private static JsonResult<CouponJson> ToResult(CouponView coupon, int status = StatusCodes.Status200OK, string? location = null) =>
        new(CouponJson.From(coupon), CouponJsonContext.Default.CouponJson, status, location, ETag.Of(coupon));

    private static string PathOf(CouponIssue issue) =>
        string.Create(CultureInfo.InvariantCulture, $"/coupons/{issue.CouponId}/issues/{issue.UserId}");

    private static string PathOf(CouponView coupon) => string.Create(CultureInfo.InvariantCulture, $"/coupons/{coupon.CouponId}");
}
