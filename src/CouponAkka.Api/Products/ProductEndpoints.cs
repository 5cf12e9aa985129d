using System.Globalization;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Products;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Products;

/// <summary>Products: put up and restocked by administrators, seen by everyone.</summary>
internal sealed class ProductEndpoints(IEntities products, IEntityLists lists, CouponIds ids)
{
    private static readonly Timestamp Start = Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static readonly ProductJson Example = new(1, "Half a chicken", Price: 9_000, Available: 90, Reserved: 3, Sold: 7, Start, Start);

    public void Map(IEndpointRouteBuilder routes)
    {
        var json = ProductJsonContext.Default;
        var fresh = Example with { Available = 100, Reserved = 0, Sold = 0 };
        routes.MapPut("/products/{productId}", Put).RequireAdmin()
            .Describe("PutProduct", "Put up a product with its first stock; 200 if the same was put up already.")
            .Takes("""{"name":"Half a chicken","price":9000,"stock":100}""")
            .Answers(201, json.ProductJson, fresh).Answers(200, json.ProductJson, fresh)
            .RefusesLike(ProductProblems.For(ProductRefusal.ProductAlreadyExist)).Refuses(400, 409, 413, 415, 429, 503);
        routes.MapPost("/products/random", PutRandom).RequireAdmin()
            .Describe("CreateRandomProduct", "A product to try things with: the server picks its id, its name and its price, and there are 100 of it.")
            .Answers(201, json.ProductJson, fresh).Refuses(429, 503);
        routes.MapPatch("/products/{productId}", Change).RequireAdmin()
            .Describe("ChangeProduct", "Change the name or the price; what is left out stays. Orders keep the price at which their stock was reserved.")
            .Takes("""{"price":8000}""").Answers(200, json.ProductJson, Example with { Price = 8_000 }).Refuses(400, 404, 413, 415, 429, 503);
        routes.MapPost("/products/{productId}/restock", Restock).RequireAdmin()
            .Describe("RestockProduct", "Add to the stock, once under each Idempotency-Key: the product remembers the last 100 of them.")
            .Takes("""{"quantity":50}""").WithMetadata(IdempotencyKey.Required).Answers(200, json.ProductJson, Example with { Available = 140 })
            .RefusesLike(Problem.KeyReused()).Refuses(400, 404, 409, 413, 415, 429, 503);
        routes.MapGet("/products", List)
            .Describe("ListProducts", "Products by id, from the read model: it waits up to a second for what was answered before.")
            .Answers(200, json.ListJsonProductJsonNullableInt64, new([Example], null)).Refuses(400, 429, 503);
        routes.MapGet("/products/{productId}", Find)
            .Describe("GetProduct", "A product, from the product itself.")
            .Answers(200, json.ProductJson, Example).Refuses(400, 404, 429, 503);
    }

    private async Task<IResult> Put(EntityId productId, JsonBody<ProductRequest> body) => (await products.AskAsync(
        productId.Value, new PutProduct(body.Value.Name!, body.Value.Price!.Value, body.Value.Stock!.Value))).ToResult();

    private async Task<IResult> PutRandom()
    {
        for (var i = 0; i < CouponIds.MostTried; i++)
        {
            var id = ids.Next();
            var name = string.Create(CultureInfo.InvariantCulture, $"Product {id}");
            var reply = await products.AskAsync(id, new PutProduct(name, Price: 100 * Random.Shared.Next(10, 501), Stock: 100));
            if (reply is not (ProductIs { Created: false } or ProductRefused { Reason: ProductRefusal.ProductAlreadyExist }))
                return reply.ToResult();
        }

        return ProductReply.Unavailable.ToResult();
    }

    private async Task<IResult> Change(EntityId productId, JsonBody<ProductChangeRequest> body) =>
        (await products.AskAsync(productId.Value, new ChangeProduct(body.Value.Name, body.Value.Price))).ToResult();

    private async Task<IResult> Restock(EntityId productId, IdempotencyKey key, JsonBody<RestockRequest> body) =>
        (await products.AskAsync(productId.Value, new Restock(body.Value.Quantity!.Value, key.Value))).ToResult();

    private async Task<IResult> Find(EntityId productId) => (await products.AskAsync(productId.Value, GetProduct.Instance)).ToResult();

    private async Task<IResult> List(Page<PageOf200> page, CancellationToken cancel)
    {
        var after = page.AfterNumber;
        await lists.WaitUntilCaughtUpAsync(cancel);
        var documents = await lists.ListAsync(ProductKind.Instance, after, page.Limit + 1, cancel);
        var (items, last) = page.Split([.. documents.Select(product => ProductJson.From(ProductDocument.ReadProduct(product)))]);
        return new JsonResult<ListJson<ProductJson, long?>>(new(items, last?.ProductId), ProductJsonContext.Default.ListJsonProductJsonNullableInt64);
    }
}
