using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Products;

namespace CouponAkka.Api.Products;

/// <summary>A product, as an administrator puts it up.</summary>
public sealed class ProductRequest : IRequestBody<ProductRequest>
{
    [Required, DisallowNull]
    public string? Name { get; init; }

    [Required, DisallowNull]
    public long? Price { get; init; }

    /// <summary>How many there are to begin with.</summary>
    [Required, DisallowNull]
    public long? Stock { get; init; }

    public static JsonTypeInfo<ProductRequest> TypeInfo => ProductJsonContext.Default.ProductRequest;

    public static string Expected(string field) => ProductFields.Expected(field);

    public IEnumerable<string> InvalidFields()
    {
        if (!CouponPolicy.IsTitle(Name))
            yield return "name";
        if (Price is not { } price || !Product.IsPrice(price))
            yield return "price";
        if (Stock is not { } stock || !Product.IsStock(stock))
            yield return "stock";
    }
}

/// <summary>A change of some of the fields that may change. Another field is refused: to drop it would answer 200 to a change that did not happen.</summary>
/// <remarks>Its properties have setters, as those of <see cref="PolicyRequest"/> that tell null from left out.</remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed class ProductChangeRequest : IRequestBody<ProductChangeRequest>
{
    private bool _nameGiven;
    private bool _priceGiven;

    [DisallowNull]
    public string? Name
    {
        get;
        set
        {
            field = value;
            _nameGiven = true;
        }
    }

    [DisallowNull]
    public long? Price
    {
        get;
        set
        {
            field = value;
            _priceGiven = true;
        }
    }

    public static JsonTypeInfo<ProductChangeRequest> TypeInfo => ProductJsonContext.Default.ProductChangeRequest;

    public static string Expected(string field) => ProductFields.Expected(field);

    public IEnumerable<string> InvalidFields()
    {
        if (_nameGiven && !CouponPolicy.IsTitle(Name))
            yield return "name";
        if (_priceGiven && !(Price is { } price && Product.IsPrice(price)))
            yield return "price";
    }
}

/// <summary>How much more of a product there is.</summary>
public sealed class RestockRequest : IRequestBody<RestockRequest>
{
    [Required, DisallowNull]
    public long? Quantity { get; init; }

    public static JsonTypeInfo<RestockRequest> TypeInfo => ProductJsonContext.Default.RestockRequest;

    public static string Expected(string field) => field == "quantity" ? EntityId.Expected : ProductFields.Expected(field);

    public IEnumerable<string> InvalidFields() => Quantity is { } quantity && Ids.IsId(quantity) ? [] : ["quantity"];
}

/// <summary>A product. Available, reserved and sold together are all that was ever added.</summary>
public sealed record ProductJson(
    long ProductId,
    string Name,
    long Price,
    long Available,
    long Reserved,
    long Sold,
    Timestamp DateCreated,
    Timestamp DateUpdated)
{
    public static ProductJson From(ProductView product) => new(
        product.ProductId,
        product.Name,
        product.Price,
        product.Available,
        product.Reserved,
        product.Sold,
        product.DateCreated,
        product.DateUpdated);
}

/// <summary>Every type of products that crosses HTTP, so that JSON is read and written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(ProductRequest))]
[JsonSerializable(typeof(ProductChangeRequest))]
[JsonSerializable(typeof(RestockRequest))]
[JsonSerializable(typeof(ProductJson))]
[JsonSerializable(typeof(ListJson<ProductJson, long?>))]
internal sealed partial class ProductJsonContext : JsonSerializerContext;
