using System.Net;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Identity;

/// <summary>Whose <c>X-Forwarded-For</c> is believed: nobody's, unless the settings name them.</summary>
internal static class TrustedProxies
{
    /// <summary>First of all, so that the rest sees the address of the proxy's client.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var networks = Parse(app.Services.GetRequiredService<IOptions<LimitOptions>>().Value.TrustedProxies)!;
        if (networks.Count == 0)
            return;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }

    /// <summary>Null if one of them is neither an address nor a network.</summary>
    private static List<System.Net.IPNetwork>? Parse(string? setting)
    {
        var networks = new List<System.Net.IPNetwork>();
        foreach (var one in (setting ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (System.Net.IPNetwork.TryParse(one, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(one, out var address))
                networks.Add(new(address, address.GetAddressBytes().Length * 8));
            else
                return null;
        }

        return networks;
    }

    /// <summary>Complains of a setting that names none.</summary>
    public sealed class Validator : IValidateOptions<LimitOptions>
    {
        public ValidateOptionsResult Validate(string? name, LimitOptions options) => Parse(options.TrustedProxies) is null
            ? ValidateOptionsResult.Fail($"Limits:TrustedProxies is \"{options.TrustedProxies}\": it must be addresses or networks, like 10.0.0.7,10.1.0.0/16.")
            : ValidateOptionsResult.Success;
    }
}
