using System.Security.Cryptography;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>Settings that can't be meant stop the start, with one line that says what to do.</summary>
public sealed class AuthSettingsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    [Theory]
    [InlineData("Auth:Audience is not set", "--Auth:Authority", "https://issuer.example")]
    [InlineData("both set", "--Auth:Authority", "https://issuer.example", "--Auth:SigningKeys", "keys.json", "--Auth:Audience", "coupons")]
    [InlineData("set Auth:Authority or Auth:SigningKeys", "--Auth:Audience", "coupons")]
    [InlineData("set Auth:Authority or Auth:SigningKeys", "--Auth:Issuer", "https://issuer.example")]
    [InlineData("Auth:Issuer is for Auth:SigningKeys", "--Auth:Authority", "https://issuer.example", "--Auth:Audience", "coupons", "--Auth:Issuer", "x")]
    [InlineData("must be an https:// address", "--Auth:Authority", "http://issuer.example", "--Auth:Audience", "coupons")]
    [InlineData("must be an https:// address", "--Auth:Authority", "issuer.example", "--Auth:Audience", "coupons")]
    [InlineData("/no/such/keys.json can't be read", "--Auth:SigningKeys", "/no/such/keys.json", "--Auth:Audience", "coupons")]
    [InlineData("/ can't be read", "--Auth:SigningKeys", "/", "--Auth:Audience", "coupons")]
    [InlineData("Limits:TrustedProxies", "--Limits:TrustedProxies", "my-proxy")]
    [InlineData("RequestsPerSecondPerCaller", "--Limits:RequestsPerSecondPerCaller", "-1")]
    public async Task A_setting_that_can_not_be_meant(string expected, params string[] arguments) => await Refuses(expected, arguments);

    [Theory]
    [InlineData("is not a JSON Web Key Set", "")]
    [InlineData("is not a JSON Web Key Set", "not JSON")]
    [InlineData("is not a JSON Web Key Set", "[]")]
    [InlineData("has no RSA or EC key", "{}")]
    [InlineData("has no RSA or EC key", """{"keys":[]}""")]
    [InlineData("has no RSA or EC key", """{"keys":[{"kty":"RSA"}]}""")]
    [InlineData("has no RSA or EC key", """{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}""")]
    [InlineData("has a symmetric key", """{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}]}""")]
    public async Task A_file_without_keys_to_check_with(string expected, string content)
    {
        var path = _directory.In("keys.json");
        await File.WriteAllTextAsync(path, content);

        await Refuses($"{path} {expected}", "--Auth:SigningKeys", path, "--Auth:Audience", "coupons");
    }

    [Fact]
    public async Task A_file_with_a_private_key()
    {
        using var rsa = RSA.Create(2048);
        var key = rsa.ExportParameters(includePrivateParameters: true);
        static string Text(byte[]? bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
        var path = _directory.In("keys.json");
        await File.WriteAllTextAsync(path, $$"""
            {"keys":[{"kty":"RSA","n":"{{Text(key.Modulus)}}","e":"{{Text(key.Exponent)}}","d":"{{Text(key.D)}}","p":"{{Text(key.P)}}",
             "q":"{{Text(key.Q)}}","dp":"{{Text(key.DP)}}","dq":"{{Text(key.DQ)}}","qi":"{{Text(key.InverseQ)}}"}]}
            """);

        await Refuses($"{path} has a private key", "--Auth:SigningKeys", path, "--Auth:Audience", "coupons");
    }

    public void Dispose() => _directory.Dispose();

    private async Task Refuses(string expected, params string[] arguments)
    {
        var ended = await RunningProcess.RunAsync(Repository.Program(
            "CouponAkka.Standalone", ["--urls", "http://127.0.0.1:0", "--data", _directory.In("data"), .. arguments]));

        Assert.Contains(expected, ended.Refusal, StringComparison.Ordinal);
    }
}
