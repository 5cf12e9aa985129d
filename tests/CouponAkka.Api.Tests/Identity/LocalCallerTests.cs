using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>With no key set, who is taken for a program on this machine. All of them ask from the loopback interface.</summary>
public sealed class LocalCallerTests(SharedService shared) : ApiTests(shared)
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost:1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65535")]
    [InlineData("127.9.8.7:8080")]
    [InlineData("[::1]")]
    [InlineData("[::1]:8080")]
    public async Task A_loopback_name_of_ours_is_local(string host) => Then.Is(201, await Create(("Host", host)));

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8080")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("notlocalhost")]
    [InlineData("203.0.113.5")]
    [InlineData("10.0.0.1:8080")]
    [InlineData("[2001:db8::1]")]
    [InlineData("0.0.0.0")]
    public async Task Another_name_is_not_as_a_page_of_elsewhere_may_have_one_that_leads_here(string host) => IsRefused(await Create(("Host", host)));

    [Theory]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://127.0.0.1", true)]
    [InlineData("https://[::1]:8443", true)]
    [InlineData("http://evil.example", false)]
    [InlineData("https://localhost.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    [InlineData("file://localhost", false)]
    [InlineData("http://localhost, http://evil.example", false)]
    public async Task A_browser_s_page_is_local_only_if_it_is_of_this_machine(string origin, bool isLocal)
    {
        var answer = await Create(("Origin", origin));

        if (isLocal)
            Then.Is(201, answer);
        else
            IsRefused(answer);
    }

    [Theory]
    [InlineData("Forwarded")]
    [InlineData("Via")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Host")]
    [InlineData("x-forwarded-anything")]
    [InlineData("X-Real-IP")]
    [InlineData("X-Client-IP")]
    [InlineData("X-Cluster-Client-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("CF-Ray")]
    [InlineData("Fastly-Client-IP")]
    [InlineData("X-Original-For")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Envoy-Internal")]
    public async Task What_a_proxy_adds_is_not_local_whatever_it_says(string header)
    {
        foreach (var value in (string[])["127.0.0.1", "for=127.0.0.1", ""])
            IsRefused(await Create((header, value)));
    }

    [Theory]
    [InlineData("close")]
    [InlineData("upgrade")]
    [InlineData("keep-alive, close")]
    public async Task A_connection_that_is_not_kept_is_a_proxy_s(string connection) => IsRefused(await Create(("Connection", connection)));

    [Theory]
    [InlineData("1.1", 201)]
    [InlineData("1.0", 403)]
    public async Task A_request_in_HTTP_1_0_is_a_proxy_s(string version, int expected)
    {
        var uri = Service.Address;
        var policy = Policy.With();
        using var socket = new TcpClient();
        await socket.ConnectAsync(uri.Host, uri.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(
            $"PUT /coupons/{GivenWhenThen.Given.NewCouponId()} HTTP/{version}\r\nHost: 127.0.0.1:{uri.Port}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {policy.Length}\r\n\r\n{policy}"));

        using var answer = new StreamReader(stream);
        var status = (await answer.ReadLineAsync())!.Split(' ')[1];

        Assert.Equal(expected, int.Parse(status, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Who_is_not_local_may_do_all_that_needs_no_key() =>
        Then.Is(200, await When.Send(HttpMethod.Get, "/coupons", null, ("Host", "coupons.example"), ("X-Forwarded-For", "203.0.113.5"), ("Via", "1.1 proxy")));

    private Task<Answer> Create(params (string, string)[] headers) =>
        When.Send(HttpMethod.Put, $"/coupons/{GivenWhenThen.Given.NewCouponId()}", GivenWhenThen.When.Content(Policy.With()), headers);

    private static void IsRefused(Answer answer) =>
        Assert.Contains("this machine", Then.IsProblem(403, "FORBIDDEN", answer).GetProperty("detail").GetString(), StringComparison.Ordinal);
}
