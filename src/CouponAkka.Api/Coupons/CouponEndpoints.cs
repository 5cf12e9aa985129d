using System.Globalization;
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

/// <summary>Coupons themselves: made and changed by administrators, seen by everyone.</summary>
internal sealed class CouponEndpoints(IEntities coupons, IReadModel readModel, CouponIds ids, TimeProvider clock)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var json = CouponJsonContext.Default;
        var coupon = CouponJson.From(CouponExamples.Coupon);
        routes.MapPost("/coupons", Create).RequireAdmin()
            .Describe("CreateCoupon", "Create a coupon; the server picks its id.")
            .Takes(CouponExamples.Policy).WithMetadata(ETag.Header).Answers(201, json.CouponJson, coupon).Refuses(400, 413, 415, 429, 503);
        routes.MapPost("/coupons/random", CreateRandom).RequireAdmin()
            .Describe("CreateRandomCoupon", "A coupon to try things with: 100 units, from now on for a day; the server picks its id and its discount.")
            .WithMetadata(ETag.Header).Answers(201, json.CouponJson, coupon).Refuses(429, 503);
        routes.MapPut("/coupons/{couponId}", CreateWithId).RequireAdmin()
            .Describe("PutCoupon", "Create a coupon with an id of your own; 200 if the same policy stands already.")
            .Takes(CouponExamples.Policy).WithMetadata(ETag.Header)
            .Answers(201, json.CouponJson, coupon).Answers(200, json.CouponJson, coupon)
            .RefusesLike(CouponProblems.For(RefusalReason.CouponAlreadyExist)).Refuses(400, 409, 413, 415, 429, 503);
        routes.MapPatch("/coupons/{couponId}", Change).RequireAdmin()
            .Describe("ChangeCoupon", "Change the title, the total or the period; what is left out stays. With If-Match, only if nobody has changed it since.")
            .Takes("""{"totalQuantity":200}""").WithMetadata(ETag.Header).Answers(200, json.CouponJson, coupon)
            .RefusesLike(CouponProblems.For(RefusalReason.TotalBelowIssued))
            .RefusesLike(CouponProblems.For(RefusalReason.CouponChanged, coupon: CouponExamples.Coupon))
            .Refuses(400, 404, 409, 412, 413, 415, 429, 503);
        routes.MapPost("/coupons/{couponId}/stop", Stop).RequireAdmin()
            .Describe("StopCoupon", "Stop issuing: from the answer on nobody is issued anything. Who holds a unit keeps it.")
            .WithMetadata(ETag.Header).Answers(200, json.CouponJson, coupon with { Stopped = true }).Refuses(400, 404, 429, 503);
        routes.MapPost("/coupons/{couponId}/resume", Resume).RequireAdmin()
            .Describe("ResumeCoupon", "Issue again as the policy says.")
            .WithMetadata(ETag.Header).Answers(200, json.CouponJson, coupon).Refuses(400, 404, 429, 503);
        routes.MapGet("/coupons", List)
            .Describe("ListCoupons", "Coupons by id, from the read model: it waits up to a second for what was answered before.")
            .Answers(200, json.ListJsonCouponJsonNullableInt64, new([coupon], null)).Refuses(400, 429, 503);
        routes.MapGet("/coupons/{couponId}", Find)
            .Describe("GetCoupon", "A coupon, from the coupon itself: as its last answered change left it.")
            .WithMetadata(ETag.Header).Answers(200, json.CouponJson, coupon).Refuses(400, 404, 429, 503);
        routes.MapGet("/coupons/{couponId}/status", Status)
            .Describe("GetCouponStatus", "How much is left, from the coupon itself: it counts every answered issue.")
            .Answers(200, json.CouponStatusJson, CouponStatusJson.From(CouponExamples.Status)).Refuses(400, 404, 429, 503);
    }

    private Task<IResult> Create(JsonBody<PolicyRequest> body) => CreateAsync(body.Value.ToPolicy());

    private Task<IResult> CreateRandom()
    {
        var now = Timestamp.From(clock.GetUtcNow());
        var discount = 100 * Random.Shared.Next(1, 51);
        var title = string.Create(CultureInfo.InvariantCulture, $"{discount} off");
        return CreateAsync(new CouponPolicy(title, 100, discount, MinAvailableAmount: 0, now, now.Plus(TimeSpan.FromDays(1))));
    }

    private async Task<IResult> CreateAsync(CouponPolicy policy)
    {
        var create = new CreateCoupon(policy);
        for (var i = 0; i < CouponIds.MostTried; i++)
        {
            var reply = await coupons.AskAsync(ids.Next(), create);
            // An id that is taken, if only by the very same policy, is not the one we promised to make: pick another.
            if (reply is not (CouponStands { Created: false } or Refused { Reason: RefusalReason.CouponAlreadyExist }))
                return reply.ToResult();
        }

        return CouponReply.Unavailable.ToResult();
    }

    private async Task<IResult> CreateWithId(EntityId couponId, JsonBody<PolicyRequest> body) =>
        (await coupons.AskAsync(couponId.Value, new CreateCoupon(body.Value.ToPolicy()))).ToResult();

    private async Task<IResult> Change(EntityId couponId, IfMatch known, JsonBody<ChangeRequest> body)
    {
        var change = body.Value.ToCommand();
        Reply reply = CouponReply.Unavailable;
        foreach (var updatedAt in known.UpdatedAt)
        {
            reply = await coupons.AskAsync(couponId.Value, change with { IfUpdatedAt = updatedAt });
            if (reply is not Refused { Reason: RefusalReason.CouponChanged })
                break;
        }

        return reply.ToResult();
    }

    private async Task<IResult> Stop(EntityId couponId) =>
        (await coupons.AskAsync(couponId.Value, StopIssuing.Instance)).ToResult();

    private async Task<IResult> Resume(EntityId couponId) =>
        (await coupons.AskAsync(couponId.Value, ResumeIssuing.Instance)).ToResult();

    private async Task<IResult> Status(EntityId couponId) =>
        (await coupons.AskAsync(couponId.Value, GetStatus.Instance)).ToResult();

    private async Task<IResult> Find(EntityId couponId) =>
        (await coupons.AskAsync(couponId.Value, GetCoupon.Instance)).ToResult();

    private async Task<IResult> List(Page<PageOf200> page, CancellationToken cancel)
    {
        await readModel.WaitUntilCaughtUpAsync(cancel);
        var (items, last) = page.Split(await readModel.ListCouponsAsync(page.AfterNumber, page.Limit + 1, cancel));
        return new JsonResult<ListJson<CouponJson, long?>>(
            new(items.Select(CouponJson.From), last?.CouponId), CouponJsonContext.Default.ListJsonCouponJsonNullableInt64);
    }
}
