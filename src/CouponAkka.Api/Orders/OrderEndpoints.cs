using System.Globalization;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Api.Products;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using CouponAkka.Engine.Orders;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Products;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Orders;

/// <summary>Orders: placed by people, and looked at while they make their own way.</summary>
internal sealed class OrderEndpoints(IEntities entities, IEntityLists lists, OrderIds ids, OrderTerms terms)
{
    private static readonly Timestamp Start = Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly OrderView Placed = new(
        1, UserId: 7, ProductId: 1, Quantity: 2, CouponId: 1, null, null, null, null, null, [new(OrderState.Created, Start)]);

    private static readonly OrderView Shipped = Placed with
    {
        Price = 9_000,
        Amount = 18_000,
        Discount = 1_000,
        Paid = 17_000,
        History =
        [
            new(OrderState.Created, Start),
            new(OrderState.StockReserved, Start.Plus(TimeSpan.FromMilliseconds(4))),
            new(OrderState.CouponHeld, Start.Plus(TimeSpan.FromMilliseconds(9))),
            new(OrderState.Paid, Start.Plus(TimeSpan.FromMilliseconds(300))),
            new(OrderState.Shipped, Start.Plus(TimeSpan.FromSeconds(6))),
        ],
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        var json = OrderJsonContext.Default;
        routes.MapPost("/orders", Place).Needs(Access.ByToken)
            .Describe("PlaceOrder", "Order a product. 202 is told only once the order is durable; from then on it ends by itself, shipped or canceled.")
            .Takes("""{"userId":7,"productId":1,"quantity":2,"couponId":1}""").WithMetadata(IdempotencyKey.Optional)
            .Answers(202, json.OrderJson, OrderJson.From(Placed))
            .RefusesLike(ProductProblems.For(ProductRefusal.ProductNotExist)).RefusesLike(Problem.KeyReused())
            .Refuses(400, 404, 409, 413, 415, 429, 503);
        routes.MapGet("/orders/{orderId}", Find).Needs(Access.ByToken)
            .Describe("GetOrder", "An order, from the order itself.")
            .Answers(200, json.OrderJson, OrderJson.From(Shipped)).Refuses(400, 404, 429, 503);
        routes.MapGet("/users/{userId}/orders", ListOfUser).Needs(Access.OwnOrReader)
            .Describe("ListOrdersOfUser", "Every order of a user, newest first, from the read model: it waits up to a second for what was answered before.")
            .Answers(200, json.ListJsonOrderJsonString, new([OrderJson.From(Shipped)], null)).Refuses(400, 429, 503);
    }

    private async Task<IResult> Place(Caller caller, IdempotencyKey key, JsonBody<OrderRequest> body)
    {
        var order = body.Value;
        var place = new PlaceOrder(
            caller.UserFor(order.UserId), order.ProductId!.Value, (int)order.Quantity!.Value, order.CouponId, terms, key.Value);
        if (await entities.AskAsync(place.ProductId, GetProduct.Instance) is ProductRefused refused)
            return ProductProblems.Prepared(refused.Reason);
        foreach (var id in ids.For(key.Value))
        {
            switch (await entities.AskAsync(id, place))
            {
                // Without a key it is an id that is taken, if only by the very same order.
                case OrderIs { Placed: false } when key.Value is null:
                case OrderRefused { Reason: OrderRefusal.OtherOrderExists }:
                    continue;
                case OrderIs { Order: var placed }:
                    return OrderAnswers.Accepted(placed);
                case var reply:
                    return reply.ToResult();
            }
        }

        return OrderReply.Unavailable.ToResult();
    }

    private async Task<IResult> Find(EntityId orderId, Caller caller)
    {
        var reply = await entities.AskAsync(orderId.Value, GetOrder.Instance);
        if (reply is OrderIs { Order: var order })
            caller.UserFor(order.UserId);
        return reply.ToResult();
    }

    private async Task<IResult> ListOfUser(EntityId userId, Page<PageOf200> page, CancellationToken cancel)
    {
        var before = page.After is null ? long.MaxValue : page.AfterNumber;
        await lists.WaitUntilCaughtUpAsync(cancel);
        var lines = await lists.ListNewestFirstAsync(OrderDocument.OfUser, userId.Value, before, page.Limit + 1, cancel);
        var next = lines.Count > page.Limit ? lines[page.Limit - 1].Position.ToString(CultureInfo.InvariantCulture) : null;
        List<long> shown = [.. lines.Take(page.Limit).Select(OrderDocument.ReadId)];
        var orders = (await lists.FindAsync(OrderKind.Instance, shown, cancel)).Select(OrderDocument.ReadOrder).ToDictionary(order => order.OrderId);
        return new JsonResult<ListJson<OrderJson, string>>(
            new(shown.Where(orders.ContainsKey).Select(id => OrderJson.From(orders[id])), next), OrderJsonContext.Default.ListJsonOrderJsonString);
    }
}
