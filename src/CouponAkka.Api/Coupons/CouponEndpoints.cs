using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Api.OpenApi;
using CouponAkka.Api.Ports;
using CouponAkka.Domain.Coupons;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Coupons;

/// <summary>Coupons themselves: made and changed by administrators, seen by everyone.</summary>
internal sealed class CouponEndpoints(ICoupons coupons, IReadModel readModel, CouponIds ids)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/coupons", Create).RequireAdmin()
            .Describe("CreateCoupon", "Create a coupon; the server picks its id.")
            .Answers<CouponJson>(201).Refuses(400, 413, 415, 429, 503);
        routes.MapPut("/coupons/{couponId}", CreateWithId).RequireAdmin()
            .Describe("PutCoupon", "Create a coupon with an id of your own; 200 if the same policy stands already.")
            .Answers<CouponJson>(201).Answers<CouponJson>(200).Refuses(400, 409, 413, 415, 429, 503);
        routes.MapPatch("/coupons/{couponId}", Change).RequireAdmin()
            .Describe("ChangeCoupon", "Change the title, the total or the period; what is left out stays.")
            .Answers<CouponJson>(200).Refuses(400, 404, 409, 413, 415, 429, 503);
        routes.MapGet("/coupons", List)
            .Describe("ListCoupons", "Coupons by id, from the read model.")
            .Answers<ListJson<CouponJson, long?>>(200).Refuses(400, 429, 503);
        routes.MapGet("/coupons/{couponId}", Find)
            .Describe("GetCoupon", "A coupon, from the read model.")
            .Answers<CouponJson>(200).Refuses(400, 404, 429, 503);
        routes.MapGet("/coupons/{couponId}/status", Status)
            .Describe("GetCouponStatus", "How much is left, from the coupon itself: it counts every answered issue.")
            .Answers<CouponStatusJson>(200).Refuses(400, 404, 429, 503);
    }

    private async Task<IResult> Create(JsonBody<PolicyRequest> body)
    {
        var create = new CreateCoupon(body.Value.ToPolicy());
        while (true)
        {
            var reply = await coupons.AskAsync(ids.Next(), create);
            // An id that is taken, if only by the very same policy, is not the one we promised to make: pick another.
            if (reply is not (CouponStands { Created: false } or Refused { Reason: RefusalReason.CouponAlreadyExist }))
                return reply.ToResult();
        }
    }

    private async Task<IResult> CreateWithId(EntityId couponId, JsonBody<PolicyRequest> body) =>
        (await coupons.AskAsync(couponId.Value, new CreateCoupon(body.Value.ToPolicy()))).ToResult();

    private async Task<IResult> Change(EntityId couponId, JsonBody<ChangeRequest> body) =>
        (await coupons.AskAsync(couponId.Value, body.Value.ToCommand())).ToResult();

    private async Task<IResult> Status(EntityId couponId) =>
        (await coupons.AskAsync(couponId.Value, GetStatus.Instance)).ToResult();

    private async Task<IResult> Find(EntityId couponId, CancellationToken cancel) =>
        await readModel.FindCouponAsync(couponId.Value, cancel) is { } coupon
            ? new JsonResult<CouponJson>(CouponJson.From(coupon), ApiJson.Default.CouponJson)
            : new ProblemResult(Problem.For(RefusalReason.CouponNotExist));

    private async Task<IResult> List(Page<UpTo200> page, CancellationToken cancel)
    {
        var (items, last) = page.Cut(await readModel.ListCouponsAsync(page.AfterNumber, page.Limit + 1, cancel));
        return new JsonResult<ListJson<CouponJson, long?>>(
            new(items.Select(CouponJson.From), last?.CouponId), ApiJson.Default.ListJsonCouponJsonNullableInt64);
    }
}
