using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting.Payments;

/// <summary>Settings under <c>Payments</c>: who takes the money (docs/payments.md).</summary>
public sealed class PaymentOptions : IValidatableObject
{
    public const string Section = "Payments";

    /// <summary>Where the provider is asked, as in <c>https://pay.example/v1</c>. Left out, payments are simulated and no money is taken.</summary>
    public string? Url { get; set; }

    /// <summary>What it is sent as a bearer token.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How long it may take to answer one request, in seconds.</summary>
    [Range(0.1, 60)]
    public double TimeoutSeconds { get; set; } = 5;

    /// <summary>How many requests it is sent at once by this process.</summary>
    [Range(1, 1_000)]
    public int RequestsAtOnce { get; set; } = 64;

    /// <summary>How many orders may wait for it in this process; one more asks again later.</summary>
    [Range(1, 1_000_000)]
    public int WaitingOrders { get; set; } = 20_000;

    /// <summary>The address below which its resources are; null for none.</summary>
    internal Uri? Address => Url is null ? null : new Uri(Url.TrimEnd('/') + "/");

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // What is wrong with a key is not said by showing it.
        if (Url is null && ApiKey is not null)
            yield return new("Payments:ApiKey is set, but Payments:Url is not: payments would only be simulated.", [nameof(Url)]);
        if (ApiKey is not null && !(ApiKey.Length > 0 && ApiKey.All(sign => sign is > ' ' and <= '~')))
            yield return new("Payments:ApiKey has a sign that a header can't have, or is empty.", [nameof(ApiKey)]);
        if (Url is not null && !IsAddress(Url))
            yield return new("Payments:Url is not like https://pay.example/v1: absolute, http or https, without user, query and fragment.", [nameof(Url)]);
    }

    private static bool IsAddress(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
        && address is { Host.Length: > 0, UserInfo.Length: 0 }
        && !url.Contains('?', StringComparison.Ordinal)
        && !url.Contains('#', StringComparison.Ordinal);
}

/// <summary>Settings under <c>PaymentSimulator</c>: how the provider behaves that is there where <see cref="PaymentOptions.Url"/> is not set.</summary>
public sealed class PaymentSimulatorOptions
{
    public const string Section = "PaymentSimulator";

    /// <summary>Orders whose number is a multiple of it are declined; 0: none.</summary>
    [Range(0, int.MaxValue)]
    public int DeclineEvery { get; set; }

    /// <summary>For orders whose number is a multiple of it, the money is taken and that is never said; 0: none.</summary>
    [Range(0, int.MaxValue)]
    public int NeverAnswerEvery { get; set; }

    /// <summary>How long an answer takes.</summary>
    [Range(0, 600_000)]
    public int DelayMilliseconds { get; set; }

    /// <summary>Whether every answer is told twice.</summary>
    public bool AnswerTwice { get; set; }
}

[OptionsValidator]
internal sealed partial class PaymentOptionsValidator : IValidateOptions<PaymentOptions>;

[OptionsValidator]
internal sealed partial class PaymentSimulatorOptionsValidator : IValidateOptions<PaymentSimulatorOptions>;
