using CouponAkka.Domain.Orders;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Orders;

/// <summary>Settings under <c>Orders</c>. They count for orders that are placed from then on.</summary>
public sealed class OrderOptions
{
    public const string Section = "Orders";

    /// <summary>How long an order may take until it is paid; then it is canceled. 1 … 86,400.</summary>
    public double TimeOutSeconds { get; set; } = OrderTerms.Default.TimeOut.TotalSeconds;

    /// <summary>
    /// After how long the payment provider is asked again, the first time; then after twice as long, and so on. 0.1 … 3,600.
    /// </summary>
    public double AskPaymentAgainSeconds { get; set; } = OrderTerms.Default.AskAgainAfter.TotalSeconds;
}

/// <summary>Settings under <c>Shipping</c>. They count for orders that are placed from then on.</summary>
public sealed class ShippingOptions
{
    public const string Section = "Shipping";

    /// <summary>From payment to shipment. 0 … 2,592,000, which are 30 days.</summary>
    public double PreparationSeconds { get; set; } = OrderTerms.Default.Preparation.TotalSeconds;
}

internal sealed class OrderOptionsValidator : IValidateOptions<OrderOptions>
{
    public ValidateOptionsResult Validate(string? name, OrderOptions options) => options switch
    {
        { TimeOutSeconds: not (>= 1 and <= 86_400) } =>
            ValidateOptionsResult.Fail($"Orders:TimeOutSeconds is {options.TimeOutSeconds}: it must be from 1 to 86400."),
        { AskPaymentAgainSeconds: not (>= 0.1 and <= 3_600) } =>
            ValidateOptionsResult.Fail($"Orders:AskPaymentAgainSeconds is {options.AskPaymentAgainSeconds}: it must be from 0.1 to 3600."),
        _ => ValidateOptionsResult.Success,
    };
}

internal sealed class ShippingOptionsValidator : IValidateOptions<ShippingOptions>
{
    public ValidateOptionsResult Validate(string? name, ShippingOptions options) => options.PreparationSeconds is >= 0 and <= 2_592_000
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Shipping:PreparationSeconds is {options.PreparationSeconds}: it must be from 0 to 2592000.");
}
