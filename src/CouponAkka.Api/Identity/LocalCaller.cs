using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CouponAkka.Api.Identity;

/// <summary>
/// Whether who asks is a program on this machine, as far as a request can tell. A proxy on this machine speaks from the loopback interface for
/// people who are not here, and so does a browser here for the page that it shows: most leave a mark. A proxy that keeps connections open, names
/// us by a loopback name and adds no header leaves none, so behind a proxy only a key helps (docs/security.md).
/// </summary>
internal static class LocalCaller
{
    // Where a name ends in a dash, all that begin with it. What proxies, load balancers and CDNs add of themselves; none is sent by curl, a
    // browser or an HTTP library unless it is told to.
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "X-Forwarded", "X-Forwarded-", "Forwarded-For", "X-Original-", "Via", "X-Real-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP",
        "X-ProxyUser-Ip", "X-Remote-IP", "X-Remote-Addr", "Proxy-Connection", "X-Proxy-", "True-Client-IP", "CF-", "CDN-Loop", "Fastly-", "Fly-", "Akamai-",
        "X-Akamai-", "X-Amz-Cf-", "X-Amzn-", "X-Azure-", "X-ARR-", "X-AppEngine-", "X-Cloud-Trace-Context", "X-Vercel-", "X-NF-", "X-Envoy-", "X-Varnish",
        "X-Rewrite-URL", "X-Host", "X-Forward-For", "X-SSL-", "SSL-Client-", "Front-End-Https", "Surrogate-Capability",
    ];

    public static bool Is(HttpContext context)
    {
        var request = context.Request;
        return context.Connection.RemoteIpAddress is { } address
            && IPAddress.IsLoopback(address)
            // A page of elsewhere may have a name that leads here (DNS rebinding): the browser sends that name.
            && IsLoopbackName(request.Host.Host)
            && request.Headers.Origin is var origin
            && (origin.Count == 0 || IsLoopbackOrigin(origin))
            // nginx before 1.29.7, unless told otherwise.
            && request.Protocol != "HTTP/1.0"
            && KeepsConnection(request.Headers.Connection)
            && !request.Headers.Any(header => IsOfAProxy(header.Key));
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static bool IsLoopbackOrigin(StringValues origin) =>
        origin is [{ } one] && Uri.TryCreate(one, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && IsLoopbackName(uri.IdnHost);

    // Also nginx, with proxy_http_version 1.1: "close" by itself, "upgrade" as its manual has it for WebSockets.
    private static bool KeepsConnection(StringValues connection) =>
        connection.Count == 0 || (connection is [{ } one] && one.Equals("keep-alive", StringComparison.OrdinalIgnoreCase));

    private static bool IsOfAProxy(string header) => Array.Exists(
        ProxyHeaders,
        known => known.EndsWith('-') ? header.StartsWith(known, StringComparison.OrdinalIgnoreCase) : header.Equals(known, StringComparison.OrdinalIgnoreCase));
}
