using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;

namespace CouponAkka.Api.Orders;

/// <summary>What somebody wants.</summary>
public sealed class OrderRequest : IRequestBody<OrderRequest>
{
    /// <summary>May be left out where a token says who asks.</summary>
    [DisallowNull, RequiredWithoutToken]
    public long? UserId { get; init; }

    [Required, DisallowNull]
    public long? ProductId { get; init; }

    [Required, DisallowNull]
    public long? Quantity { get; init; }

    /// <summary>The coupon that is to be used; null for none.</summary>
    public long? CouponId { get; init; }

    public static JsonTypeInfo<OrderRequest> TypeInfo => OrderJsonContext.Default.OrderRequest;

    public static string Expected(string field) => OrderFields.Expected(field);

    public IEnumerable<string> InvalidFields()
    {
        if (UserId is { } user && !Ids.IsId(user))
            yield return "userId";
        if (ProductId is not { } product || !Ids.IsId(product))
            yield return "productId";
        if (Quantity is not { } quantity || !Product.IsQuantity(quantity))
            yield return "quantity";
        if (CouponId is { } coupon && !Ids.IsId(coupon))
            yield return "couponId";
    }
}

/// <summary>An order as it stands.</summary>
/// <param name="Reason">Why it was canceled; null if it was not.</param>
/// <param name="Price">Of each, when its stock was reserved; null until then, as <paramref name="Amount"/> and <paramref name="Discount"/> are.</param>
/// <param name="Amount">Price × quantity.</param>
/// <param name="Discount">What the coupon takes off; 0 without one, and until it is held.</param>
/// <param name="Paid">Amount − discount; null until it is paid.</param>
/// <param name="History">Every state that it was in, the last of them is the one it is in.</param>
public sealed record OrderJson(
    long OrderId,
    long UserId,
    long ProductId,
    int Quantity,
    long? CouponId,
    string State,
    string? Reason,
    long? Price,
    long? Amount,
    long? Discount,
    long? Paid,
    IEnumerable<OrderStepJson> History)
{
    public static OrderJson From(OrderView order) => new(
        order.OrderId,
        order.UserId,
        order.ProductId,
        order.Quantity,
        order.CouponId,
        OrderStateCode.Of(order.State),
        order.Reason is { } reason ? CancelCode.Of(reason) : null,
        order.Price,
        order.Amount,
        order.Discount,
        order.Paid,
        order.History.Select(step => new OrderStepJson(OrderStateCode.Of(step.State), step.At)));
}

/// <summary>Since when an order was in a state.</summary>
public sealed record OrderStepJson(string State, Timestamp At);

/// <summary>Every type of orders that crosses HTTP, so that JSON is read and written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(OrderRequest))]
[JsonSerializable(typeof(OrderJson))]
[JsonSerializable(typeof(ListJson<OrderJson, string>))]
internal sealed partial class OrderJsonContext : JsonSerializerContext;
