using System.Globalization;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Products;

/// <summary>What a product's reply is in HTTP.</summary>
internal static class ProductAnswers
{
    public static IResult ToResult(this Reply reply) => reply switch
    {
        ProductIs { Created: true, Product: var created } => ToResult(
            created, StatusCodes.Status201Created, string.Create(CultureInfo.InvariantCulture, $"/products/{created.ProductId}")),
        ProductIs { Product: var product } => ToResult(product),
        ProductRefused refused => ProductProblems.Prepared(refused.Reason),
        _ => throw new ArgumentException($"There is no answer for {reply.GetType().Name}.", nameof(reply)),
    };

    private static JsonResult<ProductJson> ToResult(ProductView product, int status = StatusCodes.Status200OK, string? location = null) =>
        new(ProductJson.From(product), ProductJsonContext.Default.ProductJson, status, location);
}

/// <summary>What each of a product's refusals is in HTTP.</summary>
internal static class ProductProblems
{
    private static readonly Dictionary<ProductRefusal, PreparedRefusal> ByReason =
        Enum.GetValues<ProductRefusal>().ToDictionary(reason => reason, reason => new PreparedRefusal(For(reason)));

    public static PreparedRefusal Prepared(ProductRefusal reason) => ByReason[reason];

    public static Problem For(ProductRefusal reason) => reason switch
    {
        ProductRefusal.ProductNotExist => Problem.New(404, "PRODUCT_NOT_EXIST", "No such product", "There is no product with this id."),
        ProductRefusal.ProductAlreadyExist =>
            Problem.New(409, "PRODUCT_ALREADY_EXIST", "Another product stands", "A product with this id was put up already, as another."),
        ProductRefusal.TooMuchStock =>
            Problem.New(409, "TOO_MUCH_STOCK", "Too much", $"A product can't have more than {Product.MaxStock} in all its life."),
        ProductRefusal.KeyReused => Problem.KeyReused(),
        ProductRefusal.OutcomeUnknown => Problem.OutcomeUnknown(),
        ProductRefusal.Unavailable => Problem.Unavailable(),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no problem for this reason."),
    };
}
