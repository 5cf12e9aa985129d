using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>Somebody whom notifications are posted to, who at times does not take them.</summary>
public sealed class WebhookReceiver : IDisposable
{
    private readonly HttpListener _http = new();
    private readonly string _secret;
    private readonly Random _random = new(1);
    private readonly Task _listening;

    public WebhookReceiver(string secret)
    {
        _secret = secret;
        Address = Ports.FreeAddress();
        _http.Prefixes.Add(Address.ToString());
        _http.Start();
        _listening = ListenAsync();
    }

    public Uri Address { get; }

    /// <summary>The bodies that it has taken, in the order in which they came.</summary>
    public ConcurrentQueue<string> Taken { get; } = new();

    /// <summary>Those whose signature is not right.</summary>
    public ConcurrentQueue<string> Forged { get; } = new();

    public static long NumberOf(string body) => JsonNode.Parse(body)!["n"]!.GetValue<long>();

    public void Dispose() => _http.Close();

    private async Task ListenAsync()
    {
        while (_http.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _http.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            var takes = _random.Next(100) != 0;
            if (!IsSigned(context.Request.Headers["X-Coupon-Signature"] ?? "", body))
                Forged.Enqueue(body);
            else if (takes)
                Taken.Enqueue(body);
            context.Response.StatusCode = takes ? 204 : 500;
            context.Response.Close();
        }
    }

    private bool IsSigned(string signature, string body)
    {
        var parts = signature.Split(',').Select(part => part.Split('=')).ToDictionary(part => part[0], part => part[1]);
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(_secret), Encoding.UTF8.GetBytes($"{parts["t"]}.{body}"));
        var age = DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts["t"], CultureInfo.InvariantCulture));
        return Convert.ToHexStringLower(expected) == parts["v1"] && age.Duration() < TimeSpan.FromMinutes(1);
    }
}

/// <summary>Hears the stream of notifications: when it ends, again from where it ended.</summary>
public sealed class NotificationReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Func<CouponClient> _client;
    private readonly Task _hearing;

    /// <param name="client">Whom to ask next.</param>
    public NotificationReader(Func<CouponClient> client)
    {
        _client = client;
        _hearing = HearAsync();
    }

    /// <summary>The data of each event, in the order in which they came, with its id.</summary>
    public ConcurrentQueue<(long Id, string Data)> Heard { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _hearing;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task HearAsync()
    {
        var last = 0L;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_client().NextAddress(), "/notifications/stream"));
                if (last > 0)
                    request.Headers.Add("Last-Event-ID", $"{last}");
                using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
                answer.EnsureSuccessStatusCode();
                using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(_stop.Token));
                var id = 0L;
                while (await lines.ReadLineAsync(_stop.Token) is { } line)
                {
                    if (line.StartsWith("id: ", StringComparison.Ordinal))
                        id = long.Parse(line[4..], CultureInfo.InvariantCulture);
                    else if (line.StartsWith("data: ", StringComparison.Ordinal))
                        Heard.Enqueue((last = id, line[6..]));
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException)
            {
                // Whom it asks has been killed, or is being started.
                await Task.Delay(TimeSpan.FromMilliseconds(100), CancellationToken.None);
            }
        }
    }
}
