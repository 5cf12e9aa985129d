using System.Buffers.Text;
using System.Globalization;
using System.Text;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Coupons;

/// <summary>Units of coupons: issued, found, listed and used.</summary>
internal sealed class IssueEndpoints(IEntities coupons, IReadModel readModel)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var json = CouponJsonContext.Default;
        routes.MapPost("/coupons/{couponId}/issues", Issue).Needs(Access.ByToken)
            .Describe("IssueCoupon", "Issue one unit to a user. 201 is told only once the issue is durable.")
            .Takes("""{"userId":7}""")
            .Answers(201, json.IssueJson, IssueJson.From(CouponExamples.Issue))
            .RefusesLike(CouponProblems.For(RefusalReason.DuplicatedIssue, CouponExamples.Issue))
            .Refuses(400, 404, 409, 413, 415, 429, 503);
        routes.MapGet("/coupons/{couponId}/issues/{userId}", Find).Needs(Access.OwnOrActingFor)
            .Describe("GetIssue", "What a user holds, from the coupon itself.")
            .Answers(200, json.IssueJson, IssueJson.From(CouponExamples.Issue)).Refuses(400, 404, 429, 503);
        routes.MapGet("/coupons/{couponId}/issues", List).Needs(Access.Reader)
            .Describe("ListIssues", "Every unit of a coupon by ticket, from the read model: it waits up to a second for what was answered before.")
            .Answers(200, json.ListJsonIssueJsonNullableInt64, new([IssueJson.From(CouponExamples.Issue)], CouponExamples.Issue.Ticket))
            .Refuses(400, 404, 429, 503);
        routes.MapGet("/users/{userId}/coupons", ListOfUser).Needs(Access.OwnOrReader)
            .Describe(
                "ListIssuesOfUser", "Every unit that a user holds, newest first, from the read model: it waits up to a second for what was answered before.")
            .Answers(200, json.ListJsonIssueJsonString, new([IssueJson.From(CouponExamples.Issue)], Format(CouponExamples.Issue)))
            .Refuses(400, 429, 503);
        routes.MapPost("/coupons/{couponId}/issues/{userId}/use", Use).Needs(Access.OwnOrActingFor)
            .Describe("UseCoupon", "Use the unit that a user holds.")
            .Takes("""{"orderAmount":20000}""")
            .Answers(200, json.IssueJson, IssueJson.From(CouponExamples.UsedIssue))
            .RefusesLike(CouponProblems.For(RefusalReason.AlreadyUsed, CouponExamples.UsedIssue))
            .Refuses(400, 404, 409, 413, 415, 429, 503);
    }

    private async Task<IResult> Issue(EntityId couponId, Caller caller, JsonBody<IssueRequest> body) =>
        (await coupons.AskAsync(couponId.Value, new IssueCoupon(caller.UserFor(body.Value.UserId)))).ToResult();

    private async Task<IResult> Find(EntityId couponId, EntityId userId) =>
        (await coupons.AskAsync(couponId.Value, new FindIssue(userId.Value))).ToResult();

    private async Task<IResult> Use(EntityId couponId, EntityId userId, JsonBody<UseRequest> body) =>
        (await coupons.AskAsync(couponId.Value, new UseCoupon(userId.Value, body.Value.OrderAmount))).ToResult();

    private async Task<IResult> List(EntityId couponId, Page<PageOf1000> page, CancellationToken cancel)
    {
        var after = page.AfterNumber;
        await readModel.WaitUntilCaughtUpAsync(cancel);
        var (items, last) = page.Split(await readModel.ListIssuesAsync(couponId.Value, after, page.Limit + 1, cancel));
        if (items.Count == 0 && await coupons.AskAsync(couponId.Value, GetStatus.Instance) is Refused refused)
            return refused.ToResult();
        return new JsonResult<ListJson<IssueJson, long?>>(
            new(items.Select(IssueJson.From), last?.Ticket), CouponJsonContext.Default.ListJsonIssueJsonNullableInt64);
    }

    private async Task<IResult> ListOfUser(EntityId userId, Page<PageOf200> page, CancellationToken cancel)
    {
        IssuePosition? after = page.After is null
            ? null
            : Parse(page.After) ?? throw new InvalidRequestException("after", PageQuery.AfterExpected);
        await readModel.WaitUntilCaughtUpAsync(cancel);
        var (items, last) = page.Split(await readModel.ListIssuesOfUserAsync(userId.Value, after, page.Limit + 1, cancel));
        return new JsonResult<ListJson<IssueJson, string>>(
            new(items.Select(IssueJson.From), last is null ? null : Format(last)), CouponJsonContext.Default.ListJsonIssueJsonString);
    }

    private static string Format(CouponIssue last) => Base64Url.EncodeToString(
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.DateIssued.UnixMicroseconds}.{last.CouponId}")));

    private static IssuePosition? Parse(string next)
    {
        if (!Base64Url.IsValid(next))
            return null;
        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(next)).Split('.');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var dateIssued)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var couponId)
                ? new IssuePosition(new Timestamp(dateIssued), couponId)
                : null;
    }
}
