using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Domain.Orders;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Orders;

/// <summary>Orders.</summary>
internal sealed class OrderModule : ApiModule
{
    private const string Orders = "Orders";

    public override JsonSerializerContext Json => OrderJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
    [
        new() { Name = Orders, Description = "Each reserves its stock, holds its coupon, is paid and shipped; or is canceled, and gives back what it held." },
    ];

    public override IReadOnlyDictionary<Type, string> SchemaNames { get; } = new Dictionary<Type, string>
    {
        [typeof(ListJson<OrderJson, string>)] = "OrderList",
    };

    public override IEnumerable<Problem> Problems => Enum.GetValues<OrderRefusal>().Select(OrderProblems.For);

    public override void AddServices(IServiceCollection services)
    {
        services.AddOptions<OrderOptions>().BindConfiguration(OrderOptions.Section).ValidateOnStart();
        services.AddOptions<ShippingOptions>().BindConfiguration(ShippingOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<OrderOptions>, OrderOptionsValidator>();
        services.AddSingleton<IValidateOptions<ShippingOptions>, ShippingOptionsValidator>();
        services.AddSingleton<OrderIds>();
        services.AddSingleton(TermsOf);
    }

    public override void Map(IEndpointRouteBuilder routes) => ActivatorUtilities.CreateInstance<OrderEndpoints>(routes.ServiceProvider)
        .Map(routes.MapGroup("").WithTags(Orders)
            .RefusesLike(Problem.Invalid(new Dictionary<string, string[]> { ["orderId"] = [EntityId.Expected] }))
            .RefusesLike(OrderProblems.For(OrderRefusal.OrderNotExist))
            .RefusesLike(Problem.OutcomeUnknown()));

    public override void Narrow(OpenApiSchema schema, JsonPropertyInfo field) => OrderFields.Narrow(schema, field);

    // In whole milliseconds, which events keep exactly.
    private static OrderTerms TermsOf(IServiceProvider services)
    {
        var orders = services.GetRequiredService<IOptions<OrderOptions>>().Value;
        return new(
            Milliseconds(orders.TimeOutSeconds),
            Milliseconds(orders.AskPaymentAgainSeconds),
            Milliseconds(services.GetRequiredService<IOptions<ShippingOptions>>().Value.PreparationSeconds));
    }

    private static TimeSpan Milliseconds(double seconds) => TimeSpan.FromMilliseconds((long)Math.Round(seconds * 1000));
}
