using System.Net;
using System.Text;
using System.Text.Json;

namespace CouponAkka.Api.Tests.GivenWhenThen;

/// <summary>What a test does: one HTTP request, sent as it is written.</summary>
public sealed class When(Uri address, params (string Name, string Value)[] headers) : IDisposable
{
    public const string Json = "application/json";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    /// <summary>The numbers of all that a list has, asked for page by page.</summary>
    public async Task<List<long>> Pages(string path, int limit, Func<JsonElement, long> number, string? after = null)
    {
        var seen = new List<long>();
        do
        {
            var (items, next) = Then.IsPage(await Get($"{path}?limit={limit}" + (after is null ? "" : $"&after={after}")));
            Assert.InRange(items.Count, 1, limit);
            seen.AddRange(items.Select(number));
            after = next.ValueKind == JsonValueKind.Null ? null : next.ToString();
        }
        while (after is not null);

        return seen;
    }

    public Task<Answer> Post(string path, string body, string? contentType = Json) => Send(HttpMethod.Post, path, Content(body, contentType));

    public Task<Answer> Post(string path) => Send(HttpMethod.Post, path);

    public Task<Answer> Put(string path, string body, string? contentType = Json) => Send(HttpMethod.Put, path, Content(body, contentType));

    public Task<Answer> Patch(string path, string body, string? contentType = Json) => Send(HttpMethod.Patch, path, Content(body, contentType));

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] more)
    {
        // The client would tidy the path; what the service does with an untidy one is what we want to see.
        var exactly = new Uri(address.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(method, exactly) { Content = content };
        foreach (var (name, value) in headers.Concat(more))
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _http.SendAsync(request);
        return await Answer.Of(response);
    }

    public static HttpContent Content(string body, string? contentType = Json) => Content(Encoding.UTF8.GetBytes(body), contentType);

    public static HttpContent Content(byte[] body, string? contentType = Json)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    /// <summary>A body whose length is not told beforehand.</summary>
    public static HttpContent Chunked(byte[] body, string contentType = Json)
    {
        var content = new ChunkedContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    public void Dispose() => _http.Dispose();

    private sealed class ChunkedContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
