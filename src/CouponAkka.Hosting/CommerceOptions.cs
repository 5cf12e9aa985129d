using CouponAkka.Domain;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting;

/// <summary>Settings under <c>Commerce</c>: the <see cref="Terms"/> of the shop.</summary>
public sealed class CommerceOptions
{
    public const string Section = "Commerce";

    /// <summary>Which part of a discount its vendor is paid, 0 … 1. Counts for coupons that are used from then on.</summary>
    public decimal PayoutRate { get; set; } = Terms.Default.PayoutRate;
}

internal sealed class CommerceOptionsValidator : IValidateOptions<CommerceOptions>
{
    public ValidateOptionsResult Validate(string? name, CommerceOptions options) => options.PayoutRate is >= 0 and <= 1
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Commerce:PayoutRate is {options.PayoutRate}: it must be from 0 to 1.");
}

internal static class CommerceTerms
{
    /// <summary>The <see cref="Terms"/> of the settings, wherever reactions run.</summary>
    public static void AddTerms(this IServiceCollection services)
    {
        services.AddOptions<CommerceOptions>().BindConfiguration(CommerceOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CommerceOptions>, CommerceOptionsValidator>();
        services.TryAddSingleton(provider => new Terms(provider.GetRequiredService<IOptions<CommerceOptions>>().Value.PayoutRate));
    }
}
