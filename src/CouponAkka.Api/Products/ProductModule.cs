using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Domain.Products;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Products;

/// <summary>Products and their stock.</summary>
internal sealed class ProductModule : ApiModule
{
    private const string Products = "Products";

    public override JsonSerializerContext Json => ProductJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
        [new() { Name = Products, Description = "Put up and restocked by administrators. Stock is reserved and sold by orders alone." }];

    public override IReadOnlyDictionary<Type, string> SchemaNames { get; } = new Dictionary<Type, string>
    {
        [typeof(ListJson<ProductJson, long?>)] = "ProductList",
    };

    public override IEnumerable<Problem> Problems => Enum.GetValues<ProductRefusal>().Select(ProductProblems.For);

    public override void Map(IEndpointRouteBuilder routes) => ActivatorUtilities.CreateInstance<ProductEndpoints>(routes.ServiceProvider)
        .Map(routes.MapGroup("").WithTags(Products)
            .RefusesLike(Problem.Invalid(new Dictionary<string, string[]> { ["productId"] = [EntityId.Expected] }))
            .RefusesLike(ProductProblems.For(ProductRefusal.ProductNotExist))
            .RefusesLike(Problem.OutcomeUnknown()));

    public override void Narrow(OpenApiSchema schema, JsonPropertyInfo field) => ProductFields.Narrow(schema, field);
}
