using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Hosting.Webhooks;

/// <summary>
/// Posts one notification, signed. Follows no redirect, uses no proxy, and connects to what is not public only if it may: the address is looked at when it
/// connects, for a name may lead elsewhere than when the webhook was added.
/// </summary>
public sealed class WebhookSender : IWebhookSender, IDisposable
{
    public const string SignatureHeader = "X-Coupon-Signature";

    private const int MostRead = 16 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly bool _allowPrivate;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public WebhookSender(WebhookOptions options, TimeProvider clock)
    {
        (_allowPrivate, _clock) = (options.AllowPrivateTargets, clock);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // A name that leads elsewhere by now is looked up again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = MostRead / 1024,
            MaxResponseDrainSize = MostRead,
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>What the body is signed with at that moment: <c>t=…,v1=…</c>.</summary>
    public static string SignatureOf(string secret, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var t = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes(t + "."), .. body];
        return $"t={t},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}";
    }

    /// <inheritdoc/>
    public async Task<string?> PostAsync(Webhook webhook, Notification notification, CancellationToken stop)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(NotificationJson.From(notification), NotificationJsonContext.Default.NotificationJson);
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.Add(SignatureHeader, SignatureOf(webhook.Secret, _clock.GetUtcNow(), body));
        using var late = new CancellationTokenSource(Patience, _clock);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel.Token);
            return answer.IsSuccessStatusCode ? null
                : (int)answer.StatusCode is >= 300 and < 400 and var redirect ? $"It answered {redirect}: redirects are not followed."
                : $"It answered {(int)answer.StatusCode}.";
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return $"It has not answered in {Patience.TotalSeconds} s.";
        }
        catch (HttpRequestException failure)
        {
            return Explain(failure);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string Explain(HttpRequestException failure) => failure switch
    {
        { InnerException: NotPublicException } or { InnerException.InnerException: NotPublicException } =>
            "It is on this machine or in a private network, which Webhooks:AllowPrivateTargets would have to allow.",
        { HttpRequestError: HttpRequestError.NameResolutionError } => "Its name can't be resolved.",
        { HttpRequestError: HttpRequestError.ConnectionError } => "It can't be reached.",
        { HttpRequestError: HttpRequestError.SecureConnectionError } => "TLS with it fails.",
        { HttpRequestError: var error } => $"What it answers is not HTTP as it should be ({error}).",
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var addresses = await WebhookTarget.ResolveAsync(context.DnsEndPoint.Host, cancel);
        var allowed = _allowPrivate ? addresses : Array.FindAll(addresses, WebhookTarget.IsPublic);
        if (allowed.Length == 0)
            throw new NotPublicException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class NotPublicException() : IOException("The address is not public.");
}
