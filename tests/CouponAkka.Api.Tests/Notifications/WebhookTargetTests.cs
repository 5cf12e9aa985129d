using System.Net;
using System.Text;
using CouponAkka.Domain;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Hosting.Webhooks;

namespace CouponAkka.Api.Tests.Notifications;

/// <summary>Where webhooks may lead, and how what is posted is signed.</summary>
public sealed class WebhookTargetTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12::1")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:1::")]
    [InlineData("2001:db8::1")]
    public void What_is_not_public_is_refused(string address) => Assert.False(WebhookTarget.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2606:4700::1111")]
    public void What_is_public_is_taken(string address) => Assert.True(WebhookTarget.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("shop.example")]
    [InlineData("/coupons")]
    [InlineData("ftp://shop.example/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://user@shop.example/")]
    [InlineData("http://user:password@shop.example/")]
    [InlineData("http://shop.example/#here")]
    public void What_is_no_address_to_post_to_is_refused(string? url) => Assert.False(WebhookTarget.IsUrl(url));

    [Theory]
    [InlineData("http://shop.example")]
    [InlineData("https://shop.example:8443/coupons?of=us")]
    public void What_is_one_is_taken(string url) => Assert.True(WebhookTarget.IsUrl(url));

    [Theory]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("http://localhost:1/")]
    [InlineData("http://[::1]:1/")]
    [InlineData("http://0x7f.1:1/")]
    public async Task It_is_looked_at_again_when_it_is_connected_to(string url)
    {
        using var sender = new WebhookSender(new WebhookOptions(), TimeProvider.System);

        var error = await sender.PostAsync(Webhook(url), new Notification(1, NotificationLine.Of(default, "a.b", "/", "")), default);

        Assert.Contains("in a private network", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_be_reached_and_is_not_there_is_said_so()
    {
        using var sender = new WebhookSender(new WebhookOptions { AllowPrivateTargets = true }, TimeProvider.System);

        var error = await sender.PostAsync(Webhook("http://127.0.0.1:1/"), new Notification(1, NotificationLine.Of(default, "a.b", "/", "")), default);

        Assert.Equal("It can't be reached.", error);
    }

    [Fact]
    public void A_signature_is_over_the_time_and_the_body() => Assert.Equal(
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
        "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163",
        WebhookSender.SignatureOf("secret", DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), Encoding.UTF8.GetBytes("{}")));

    [Fact]
    public void A_secret_is_not_in_what_a_log_would_say() =>
        Assert.DoesNotContain("secret", Webhook("http://shop.example/").ToString(), StringComparison.Ordinal);

    private static Webhook Webhook(string url) => new(1, url, null, "secret", default(Timestamp), new WebhookState(0));
}
