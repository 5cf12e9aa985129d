using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Orders;

/// <summary>What each field of an order must be: in words for people who sent something else, and as JSON Schema for programs.</summary>
internal static class OrderFields
{
    public static string Expected(string field) => field switch
    {
        "productId" => EntityId.Expected,
        "quantity" => $"must be an integer from 1 to {Product.MaxQuantity}",
        "couponId" => $"{EntityId.Expected}, or null",
        _ => CouponFields.Expected(field),
    };

    public static void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (field.Name)
        {
            case "quantity":
                schema.Between(1, Product.MaxQuantity);
                break;
            case "price":
                schema.Between(0, Product.MaxPrice);
                break;
            case "amount" or "discount" or "paid":
                schema.Between(0, EntityId.Max);
                break;
            case "state":
                schema.OneOf([.. Enum.GetValues<OrderState>().Select(OrderStateCode.Of)]);
                break;
            case "reason":
                schema.OneOf([.. Enum.GetValues<CancelReason>().Select(CancelCode.Of)]);
                break;
        }
    }
}
