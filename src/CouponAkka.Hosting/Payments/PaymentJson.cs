using System.Text.Json.Serialization;

namespace CouponAkka.Hosting.Payments;

/// <summary>What the provider is asked to charge.</summary>
internal sealed record ChargeBody(long OrderId, long Amount);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ChargeBody))]
internal sealed partial class PaymentJson : JsonSerializerContext;
