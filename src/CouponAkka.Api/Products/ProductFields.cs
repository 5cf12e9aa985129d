using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Products;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Products;

/// <summary>What each field of a product must be: in words for people who sent something else, and as JSON Schema for programs.</summary>
internal static class ProductFields
{
    public static string Expected(string field) => field switch
    {
        "name" => CouponFields.TitleExpected,
        "price" => $"must be an integer from 0 to {Product.MaxPrice}",
        "stock" => $"must be an integer from 0 to {Product.MaxStock}",
        _ => CouponFields.Expected(field),
    };

    public static void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (field.Name)
        {
            case "name":
                schema.MinLength = 1;
                schema.MaxLength = CouponPolicy.MaxTitleLength;
                schema.Pattern = CouponFields.Title;
                break;
            case "price":
                schema.Between(0, Product.MaxPrice);
                break;
            case "quantity":
                schema.Between(1, EntityId.Max);
                break;
            case "stock" or "available" or "reserved" or "sold":
                schema.Between(0, Product.MaxStock);
                break;
        }
    }
}
