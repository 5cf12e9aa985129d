using System.Text.Json;
using System.Text.Json.Serialization;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using CouponAkka.Engine.Projecting;

namespace CouponAkka.Engine.Products;

/// <summary>A product as lists show it. Which order has how much of it, the product alone knows.</summary>
public sealed class ProductDocument : EntityView
{
    private readonly long _id;
    private ProductView? _product;

    /// <exception cref="UnreadableMessageException"><paramref name="before"/> is damaged.</exception>
    internal ProductDocument(long id, string? before)
    {
        _id = id;
        _product = before is null ? null : ReadProduct(before);
    }

    public override void Apply(Event happened)
    {
        if (happened is ProductCreated created)
        {
            if (_product is not null)
                throw Contradiction("is created a second time");
            _product = new(_id, created.Name, created.Price, created.Stock, Reserved: 0, Sold: 0, created.At, created.At);
            return;
        }

        if (_product is null)
            throw Contradiction("is moved or changed before it is created");
        var after = happened switch
        {
            StockReserved reserved => Moved(_product, available: -Sum(reserved), reserved: Sum(reserved), sold: 0),
            StockSold sold => Moved(_product, available: 0, reserved: -Sum(sold), sold: Sum(sold)),
            StockReleased released => Moved(_product, available: Sum(released), reserved: -Sum(released), sold: 0),
            StockRefused => _product,
            Restocked restocked => Moved(_product, restocked.Quantity, reserved: 0, sold: 0) with { DateUpdated = restocked.At },
            ProductChanged changed => _product with { Name = changed.Name, Price = changed.Price, DateUpdated = changed.At },
            _ => throw Contradiction($"knows no event {happened.GetType().Name}"),
        };
        if (after.Available < 0 || after.Reserved < 0)
            throw Contradiction($"moves more than there is: {after.Available} would be available, {after.Reserved} reserved");
        _product = after;
    }

    public override string? ToJson() => _product is null ? null : JsonSerializer.Serialize(_product, ProductDocumentJson.Default.ProductView);

    /// <summary>The product that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="UnreadableMessageException">It is damaged.</exception>
    public static ProductView ReadProduct(string json) => Read(json, ProductDocumentJson.Default.ProductView, "A product in a list");

    private static ProductView Moved(ProductView product, long available, long reserved, long sold) =>
        product with { Available = product.Available + available, Reserved = product.Reserved + reserved, Sold = product.Sold + sold };

    private static long Sum(StockMoved moved) => moved.Orders.Sum(order => (long)order.Quantity);

    private InvalidEventException Contradiction(string what) => new($"Product {_id} {what}.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProductView))]
internal sealed partial class ProductDocumentJson : JsonSerializerContext;
