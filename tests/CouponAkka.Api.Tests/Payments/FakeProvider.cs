using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CouponAkka.Api.Tests.Payments;

/// <summary>Something that listens where a payment provider should be, and sends byte by byte what a test says. Each connection takes one request.</summary>
internal sealed class FakeProvider : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<ProviderRequest> _requests = [];
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;

    public FakeProvider()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}/v1";

    /// <summary>What to send; the connection is closed when it returns.</summary>
    public Func<ProviderRequest, Stream, CancellationToken, Task> Answer { get; set; } = (_, _, _) => Task.CompletedTask;

    public IReadOnlyList<ProviderRequest> Requests => [.. _requests];

    /// <summary>As in <c>POST charges</c>.</summary>
    public IEnumerable<string> Asked => Requests.Select(request => $"{request.Method} {request.Path["/v1/".Length..]}");

    /// <summary>The answers in their order, and then the last again and again.</summary>
    public void Answers(params string[] answers)
    {
        var times = 0;
        Answer = (_, stream, cancel) =>
            stream.WriteAsync(Encoding.UTF8.GetBytes(answers[Math.Min(Interlocked.Increment(ref times), answers.Length) - 1]), cancel).AsTask();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                if (await ReadAsync(stream) is not { } request)
                    return;
                _requests.Enqueue(request);
                await Answer(request, stream, _end.Token);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                // Whoever asked has had enough.
            }
        }
    }

    private async Task<ProviderRequest?> ReadAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.UTF8.GetString([.. bytes]);
            if (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is > 0 and var end)
            {
                var lines = text[..end].Split("\r\n");
                var headers = lines.Skip(1).Select(line => line.Split(": ", 2))
                    .ToDictionary(line => line[0], line => line[1], StringComparer.OrdinalIgnoreCase);
                var body = text[(end + 4)..];
                if (body.Length >= int.Parse(headers.GetValueOrDefault("Content-Length", "0")))
                    return new(lines[0].Split(' ')[0], lines[0].Split(' ')[1], headers, body);
            }

            var count = await stream.ReadAsync(buffer, _end.Token);
            if (count == 0)
                return null;
            bytes.AddRange(buffer.AsSpan(0, count));
        }
    }
}

internal sealed record ProviderRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);
