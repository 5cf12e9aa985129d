using System.Net;
using System.Net.Sockets;

namespace CouponAkka.Hosting.Webhooks;

/// <summary>Where a webhook may lead: to public addresses only, unless it is allowed otherwise.</summary>
public static class WebhookTarget
{
    public const int MaxLength = 2_000;

    // IANA's registries of special-purpose addresses, and multicast. What lies around 2000::/3 is no public address of IPv6 either.
    private static readonly IPNetwork[] NotPublic =
    [
        .. from network in (string[])
           [
               "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
               "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
               "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
           ]
           select IPNetwork.Parse(network),
    ];

    private static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");

    /// <summary>Whether it is an address that can be posted to at all: absolute, by HTTP, with no name or password in it.</summary>
    public static bool IsUrl(string? url) =>
        url is { Length: > 0 and <= MaxLength }
        && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0;

    public static bool IsPublic(IPAddress address) => address switch
    {
        { IsIPv4MappedToIPv6: true } => IsPublic(address.MapToIPv4()),
        { AddressFamily: AddressFamily.InterNetworkV6 } => PublicV6.Contains(address) && !IsSpecial(address),
        _ => !IsSpecial(address),
    };

    /// <summary>The addresses of a host that is a name or an address.</summary>
    /// <exception cref="SocketException">It has none.</exception>
    public static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? [address] : await Dns.GetHostAddressesAsync(host, cancel);

    private static bool IsSpecial(IPAddress address) => NotPublic.Any(network => network.Contains(address));
}
