using System.Text;
using System.Text.RegularExpressions;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>Thousands of requests that nobody meant to send: whatever comes, the answer is one of the contract's.</summary>
public sealed partial class FuzzTests
{
    private const int Requests = 3_000;
    private const int AtOnce = 8;

    private static readonly (string Method, string Path, string? Body)[] Calls =
    [
        ("POST", "/coupons", Policy.With()),
        ("PUT", "/coupons/{id}", Policy.With()),
        ("PATCH", "/coupons/{id}", """{"title":"B","totalQuantity":10,"dateIssueStart":"2020-01-01T00:00:00Z","dateIssueEnd":"2120-01-01T00:00:00Z"}"""),
        ("GET", "/coupons{query}", null),
        ("GET", "/coupons/{id}", null),
        ("GET", "/coupons/{id}/status", null),
        ("POST", "/coupons/{id}/issues", """{"userId":7}"""),
        ("GET", "/coupons/{id}/issues/{id}", null),
        ("GET", "/coupons/{id}/issues{query}", null),
        ("GET", "/users/{id}/coupons{query}", null),
        ("GET", "/notifications{query}", null),
        ("POST", "/coupons/{id}/issues/{id}/use", """{"orderAmount":20000}"""),
        ("POST", "/v1/issue", """{"userId":7,"couponId":1}"""),
        ("POST", "/v1/issue-async", """{"userId":8,"couponId":1}"""),
        ("POST", "/v2/issue-async", """{"userId":9,"couponId":1}"""),
        ("GET", "/hello", null),
        ("GET", "/health/live", null),
        ("GET", "/health/ready", null),
        ("GET", "/openapi/v1.json", null),
        ("GET", "/docs/index.html", null),
        ("GET", "/nothing/{id}{query}", null),
    ];

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"];

    private static readonly string[] Ids =
    [
        "1", "1", "2", "7", "9007199254740991", "9007199254740992", "0", "-1", "01", "+1", "1.5", "1e9", "99999999999999999999", "abc", "%00", "%0a",
        "%20", "%2F", "%25", "%FF%FE", "%F0%9F%8E%9F", "..", "%2e%2e", ";", "1;drop", "'", "\"", "{id}", "[1]", "", "x%", "~", "쿠폰",
    ];

    private static readonly string[] Tokens =
    [
        "null", "true", "0", "-0", "-1", "1.5", "1e400", "9007199254740992", "99999999999999999999999", "\"\"", "\"5\"", "\"\\u0000\"", "\"\\ud800\"",
        "[]", "{}", "[[[[", "}", "]", ",", ":", "\"", "\\", "'", "/*", "NaN", "\"2026-01-01\"", "\"9999-12-31T23:59:59.9999999-14:00\"",
        "\"0001-01-01T00:00:00Z\"", "\"$ref\":1,", "\"__proto__\":{},", "\"title\":", "\"userId\":", "\ufeff", "\0", "\u2028", "🎟",
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json", "application/json", "application/json; charset=utf-16", "application/json; charset=latin1",
        "application/json; charset=none", "application/merge-patch+json", "text/plain", "multipart/form-data", "application/json, text/plain", ";", "",
    ];

    private static readonly (string Name, string Value)[] Headers =
    [
        ("X-Api-Key", "wrong"), ("X-Forwarded-For", "1.2.3.4"), ("Forwarded", "for=unknown"), ("X-HTTP-Method-Override", "DELETE"), ("Accept", "text/html"),
        ("Accept", "nonsense"), ("Accept-Encoding", "br, *;q=0"), ("Content-Encoding", "gzip"), ("Range", "bytes=5-1"), ("If-None-Match", "*"),
        ("Origin", "null"), ("Cookie", "a=b; ="), ("traceparent", "00-nonsense"), ("Idempotency-Key", "1"), ("Accept-Language", "ko-KR"),
    ];

    [Fact]
    public async Task Whatever_is_sent_the_answer_is_one_of_the_contract()
    {
        await using var service = CouponService.Start();
        await service.Given.Coupon(1, ("totalQuantity", "null"));
        await service.Given.Issue(1, 1);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var statuses = new SortedSet<int>();

        for (var sent = 0; sent < Requests; sent += AtOnce)
        {
            var requests = Enumerable.Range(0, AtOnce).Select(_ => Request.Any(random)).ToList();
            var answers = await Task.WhenAll(requests.Select(request => request.Send(service.When)));
            foreach (var (request, answer) in requests.Zip(answers))
            {
                statuses.Add(answer.Status);
                if (Complaint(request, answer) is { } complaint)
                    Assert.Fail($"{complaint} (seed {seed}, about request {sent})\n{request}\n{answer}");
            }
        }

        // It has been everywhere.
        Assert.Superset(new SortedSet<int>([200, 201, 400, 403, 404, 405, 409, 413, 415]), statuses);
        // None of it has hurt anyone: the service is well, and its read model has followed.
        Assert.DoesNotContain(service.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal));
        var health = Then.Is(200, await service.When.Get("/health/ready"));
        Assert.Equal("Healthy", health.Json.GetProperty("status").GetString());
        var status = await service.When.Get("/coupons/1/status");
        await service.Given.ReadModelHas(1, status.Json.GetProperty("issuedQuantity").GetInt64());
    }

    private static string? Complaint(Request request, Answer answer)
    {
        if (answer.Status >= 500)
            return "An error of ours";
        if (Insides().Match(answer.Body) is { Success: true } insides && !request.Path.StartsWith("/docs", StringComparison.Ordinal))
            return $"Tells of our insides ({insides.Value})";
        if (request.IsCourse && answer.Status != 200)
            return "The course's paths always answer 200";
        if (answer.Status < 400 || request.Method == "HEAD" || request.IsRefusedByTheServer)
            return null;
        return answer.ContentType?.Split(';')[0] != "application/problem+json" || answer.Json.GetProperty("status").GetInt32() != answer.Status
            ? "A refusal that is no problem document"
            : null;
    }

    [GeneratedRegex(@"CouponAkka\.|System\.|Microsoft\.|SQLite|Sqlite|Exception|\bat [A-Z]\w*[.(]|SELECT |INSERT |UPDATE |Path: \$|LineNumber")]
    private static partial Regex Insides();

    private sealed record Request(string Method, string Path, byte[]? Body, string ContentType, bool Chunked, (string Name, string Value)[] Headers)
    {
        public bool IsCourse => Method == "POST" && Path is "/v1/issue" or "/v1/issue-async" or "/v2/issue-async";

        /// <summary>Kestrel refuses a target that is not HTTP before there is a request that anyone could answer.</summary>
        public bool IsRefusedByTheServer => Path.Contains("%00", StringComparison.Ordinal) || !Ascii.IsValid(Path);

        public static Request Any(Random random)
        {
            var (method, path, body) = Pick(random, Calls);
            path = Placeholder().Replace(path, match => match.Value == "{id}" ? Pick(random, Ids) : Query(random));
            return new Request(
                random.Next(12) == 0 ? Pick(random, Methods) : method,
                random.Next(20) == 0 ? path + Pick(random, Ids) : path,
                body is not null || random.Next(20) == 0 ? Mutate(random, Encoding.UTF8.GetBytes(body ?? "{}")) : null,
                random.Next(3) == 0 ? Pick(random, ContentTypes) : "application/json",
                random.Next(5) == 0,
                [.. Enumerable.Range(0, random.Next(5) == 0 ? 2 : 0).Select(_ => Pick(random, FuzzTests.Headers))]);
        }

        public async Task<Answer> Send(When when)
        {
            const int tries = 3;
            for (var tried = 1; ; tried++)
            {
                // The client sends no body with a TRACE.
                var content = Body is null || Method == "TRACE" ? null : Chunked ? When.Chunked(Body, ContentType) : When.Content(Body, ContentType);
                try
                {
                    // What is refused before all of it has been sent spoils the connection for whoever comes next.
                    return await when.Send(new(Method), Path, content, [.. Headers, ("Connection", "close")]);
                }
                catch (HttpRequestException) when (tried < tries)
                {
                    // And this client may then not see the answer: https://github.com/dotnet/runtime/issues/119350
                }
            }
        }

        public override string ToString() =>
            $"{Method} {Path} {ContentType}{(Chunked ? " chunked" : "")} {string.Join(" ", Headers)} {(Body is null ? "" : Convert.ToBase64String(Body))}";

        private static string Query(Random random) => random.Next(3) == 0 ? "" : "?" + string.Join(
            '&', Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{Pick(random, ["after", "limit", "AFTER", "x", ""])}={Pick(random, [.. Ids, "MS4x", "200", "50"])}"));

        private static byte[] Mutate(Random random, byte[] body)
        {
            var bytes = body.ToList();
            for (var i = random.Next(4); i > 0; i--)
            {
                var at = random.Next(bytes.Count + 1);
                switch (random.Next(7))
                {
                    case 0 when at < bytes.Count:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, bytes.Count - at);
                        break;
                    case 2:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pick(random, Tokens)));
                        break;
                    case 3:
                        bytes.InsertRange(at, bytes.Take(random.Next(bytes.Count + 1)).ToList());
                        break;
                    case 4:
                        bytes.InsertRange(at, Enumerable.Repeat(Pick(random, (byte[])[(byte)'[', (byte)'x', (byte)' ', (byte)'9']), Pick(random, [100, 5_000, 20_000])));
                        break;
                    case 5:
                        // A value, another in its place.
                        var text = Encoding.UTF8.GetString([.. bytes]);
                        bytes = [.. Encoding.UTF8.GetBytes(Value().Replace(text, ":" + Pick(random, Tokens).Replace("$", "$$", StringComparison.Ordinal), 1, random.Next(text.Length + 1)))];
                        break;
                    default:
                        bytes.InsertRange(at, Enumerable.Range(0, random.Next(1, 9)).Select(_ => (byte)random.Next(256)).ToList());
                        break;
                }
            }

            return [.. bytes];
        }

        private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@":(?:""[^""]*""|[^,}""]+)")]
    private static partial Regex Value();
}
