using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary>The calls of <c>requests.http</c> are answered as it says.</summary>
public sealed partial class RequestsTests
{
    [Fact]
    public async Task Each_call_of_the_file_is_answered_with_the_status_that_it_names()
    {
        using var data = new TempDirectory();
        using var server = await StandaloneServer.StartAsync(data.Path);
        var host = server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var calls = CallOf().Matches(Repository.Read("requests.http").Replace("{{host}}", host).Replace("{{json}}", "application/json"));

        Assert.Equal(16, calls.Count);
        foreach (Match call in calls)
            await SendAsync(server.Http, call);
    }

    private static async Task SendAsync(HttpClient client, Match call)
    {
        using var request = new HttpRequestMessage(new(call.Groups["method"].Value), call.Groups["url"].Value);
        if (call.Groups["body"].Value.Trim() is { Length: > 0 } body)
            request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(call.Groups["type"].Value));
        if (call.Groups["key"] is { Success: true, Value: var key })
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request);

        Assert.True(
            (int)answer.StatusCode == int.Parse(call.Groups["status"].Value, CultureInfo.InvariantCulture),
            $"{call.Groups["title"].Value}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    [GeneratedRegex(
        @"^### (?<title>.*) \((?<status>\d+)\)\n(?<method>[A-Z]+) (?<url>\S+)\n(?:Content-Type: (?<type>\S+)\n)?(?:Idempotency-Key: (?<key>\S+)\n)?"
            + @"(?<body>(?:(?!^###)[\s\S])*)",
        RegexOptions.Multiline)]
    private static partial Regex CallOf();
}
