using System.Net;
using System.Text.Json;
using System.Text.Unicode;

namespace CouponAkka.Hosting.Payments;

/// <summary>What an answer of the provider is worth. docs/payments.md has the same table.</summary>
internal abstract record ProviderAnswer
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Reads an answer. Pure; whatever it is given, it comes to an outcome.</summary>
    public static ProviderAnswer Of(HttpStatusCode status, string? mediaType, bool isEncoded, ReadOnlyMemory<byte> body) => status switch
    {
        HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted or HttpStatusCode.PaymentRequired =>
            OfCharge(status, mediaType, isEncoded, body),
        HttpStatusCode.NotFound => new NoCharge(),
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
            new Lost("status", $"It answers {(int)status}."),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new Unusable("key", $"It answers {(int)status}. What to do: look at Payments:ApiKey."),
        HttpStatusCode.Conflict => new Unusable(
            "conflict", "It answers 409: it knows this order with another amount. What to do: compare the charge there with the order."),
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => new Unusable(
            "redirect", $"It answers {(int)status}: redirects are not followed. What to do: set Payments:Url to where it is."),
        _ => new Unusable("status", $"It answers {(int)status}. What to do: look at Payments:Url, and whether it speaks what docs/payments.md says."),
    };

    private static ProviderAnswer OfCharge(HttpStatusCode status, string? mediaType, bool isEncoded, ReadOnlyMemory<byte> body)
    {
        if (isEncoded || !"application/json".Equals(mediaType, StringComparison.OrdinalIgnoreCase))
            return Malformed(status, isEncoded ? "is compressed, which was not asked for" : "is not application/json");
        // The reader looks at text only where it is asked for it.
        if (!Utf8.IsValid(body.Span))
            return Malformed(status, "is not UTF-8");
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } charge
                || NumberOf(charge, "orderId") is not { } orderId
                || NumberOf(charge, "amount") is not ({ } amount and >= 0)
                || StatusOf(charge) is not { } said)
            {
                return Malformed(status, "lacks orderId, amount or status, or has one that can't be");
            }

            var isDecline = status == HttpStatusCode.PaymentRequired;
            return isDecline && said is not (ChargeStatus.Declined or ChargeStatus.Refunded)
                ? Malformed(status, "contradicts its status code")
                : new Charge(orderId, amount, said);
        }
        catch (JsonException)
        {
            return Malformed(status, "is not JSON");
        }
    }

    private static long? NumberOf(JsonElement charge, string name) =>
        charge.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static ChargeStatus? StatusOf(JsonElement charge)
    {
        if (!charge.TryGetProperty("status", out var value) || value.ValueKind != JsonValueKind.String)
            return null;
        return value.ValueEquals("taken") ? ChargeStatus.Taken
            : value.ValueEquals("declined") ? ChargeStatus.Declined
            : value.ValueEquals("refunded") ? ChargeStatus.Refunded
            : value.ValueEquals("pending") ? ChargeStatus.Pending
            : null;
    }

    // It was received whole, so asking at once for the same would mostly give the same.
    private static Unusable Malformed(HttpStatusCode status, string what) => new(
        "malformed", $"Its answer {(int)status} {what}. What to do: look at what answers at Payments:Url; docs/payments.md says what it must.");
}

/// <summary>A charge, well-formed: whose it is, is not looked at yet.</summary>
internal sealed record Charge(long OrderId, long Amount, ChargeStatus Status) : ProviderAnswer;

/// <summary>There is no charge of this order.</summary>
internal sealed record NoCharge : ProviderAnswer;

/// <summary>Nobody knows whether what was asked is done: it is asked by key.</summary>
/// <param name="Kind">One of a few words.</param>
internal sealed record Lost(string Kind, string Why) : ProviderAnswer;

/// <summary>An answer, but none that says what is done.</summary>
/// <param name="Kind">One of a few words.</param>
internal sealed record Unusable(string Kind, string Why) : ProviderAnswer;

/// <summary>How a charge stands with the provider.</summary>
internal enum ChargeStatus
{
    Pending,
    Taken,
    Declined,
    Refunded,
}
