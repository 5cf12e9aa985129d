using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>Which tokens are taken, and from whom.</summary>
public sealed class TokenTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-keys-");
    private readonly IssuerKey _rsa = IssuerKey.Rsa("rsa-1");
    private readonly IssuerKey _ec = IssuerKey.Ec("ec-1");
    private CouponService _service = null!;

    private string KeysPath => Path.Combine(_directory.FullName, "keys.json");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(KeysPath, IssuerKey.Set(_rsa, _ec));
        _service = CouponService.Start([
            ("Auth:SigningKeys", KeysPath), ("Auth:Audience", Token.Audience), ("Auth:Issuer", Token.Issuer), ("Admin:ApiKey", "open-sesame")]);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _rsa.Dispose();
        _ec.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_token_signed_by_a_key_of_the_issuer_is_taken()
    {
        IsTaken(await Ask(new Token(_rsa)));
        IsTaken(await Ask(new Token(_ec)));
        IsTaken(await Ask(new Token(_rsa) { Aud = $"[\"other\",\"{Token.Audience}\"]" }));
    }

    [Fact]
    public async Task Without_a_token_one_is_asked_for()
    {
        var answer = await _service.When.Get("/coupons/1/issues/7");

        Then.IsProblem(401, "UNAUTHENTICATED", answer);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
        Then.IsNothingForABrowser(answer);
    }

    [Fact]
    public async Task A_token_is_taken_only_in_its_time()
    {
        await IsInvalid(new Token(_rsa) { ExpiresIn = TimeSpan.FromMinutes(-1), ValidIn = TimeSpan.FromMinutes(-5) });
        await IsInvalid(new Token(_rsa) { ValidIn = TimeSpan.FromMinutes(2) });
        await IsInvalid(new Token(_rsa) { ExpiresIn = null });
    }

    [Fact]
    public async Task A_token_for_someone_else_or_of_someone_else_is_not_taken()
    {
        await IsInvalid(new Token(_rsa) { Aud = "\"another-service\"" });
        await IsInvalid(new Token(_rsa) { Aud = null });
        await IsInvalid(new Token(_rsa) { Iss = "\"https://elsewhere.example\"" });
        await IsInvalid(new Token(_rsa) { Iss = null });
    }

    [Fact]
    public async Task A_token_that_no_key_of_the_issuer_signed_is_not_taken()
    {
        using var another = IssuerKey.Rsa("rsa-1");
        using var unknown = IssuerKey.Ec("ec-2");
        var publicKey = Encoding.UTF8.GetBytes(IssuerKey.Set(_rsa));
        var modulus = System.Buffers.Text.Base64Url.DecodeFromChars(_rsa.Jwk["n"]);

        await IsInvalid(new Token(another));
        await IsInvalid(new Token(unknown));
        await IsInvalid(new Token(_rsa) { Algorithm = "none", Signature = _ => [] });
        await IsInvalid(new Token(_rsa) { Algorithm = "none" });
        await IsInvalid(new Token(_rsa) { Algorithm = "HS256", Signature = content => HMACSHA256.HashData(publicKey, content) });
        await IsInvalid(new Token(_rsa) { Algorithm = "HS256", Signature = content => HMACSHA256.HashData(modulus, content) });
        await IsInvalid(new Token(_rsa) { Algorithm = "ES256" });
        await IsInvalid(new Token(_rsa) { Signature = _ => [] });
        await IsInvalid(new Token(_rsa) { Signature = content => _rsa.Sign([.. content, 0]) });
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer x")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer ..")]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("")]
    public async Task What_is_no_token_is_not_taken(string authorization) =>
        Then.IsProblem(401, "UNAUTHENTICATED", await _service.When.Send(HttpMethod.Get, "/coupons/1/issues/7", null, ("Authorization", authorization)));

    [Fact]
    public async Task Keys_change_while_it_runs_and_a_file_that_can_not_be_used_changes_nothing()
    {
        using var next = IssuerKey.Ec("ec-next");
        await IsInvalid(new Token(next));

        foreach (var unusable in (string[])["", "{", "[]", "{}", """{"keys":[]}""", """{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}]}"""])
        {
            await File.WriteAllTextAsync(KeysPath, unusable);
            IsTaken(await Ask(new Token(_rsa)));
        }

        Assert.Contains(_service.Log.Lines, line => line.StartsWith("Error:", StringComparison.Ordinal) && line.Contains(KeysPath, StringComparison.Ordinal));
        File.Delete(KeysPath);
        IsTaken(await Ask(new Token(_rsa)));
        await File.WriteAllTextAsync(KeysPath, IssuerKey.Set(next, _ec));

        IsTaken(await Ask(new Token(next)));
        IsTaken(await Ask(new Token(_ec)));
        await IsInvalid(new Token(_rsa));
    }

    [Fact]
    public async Task A_token_by_discovery_is_taken_also_when_the_issuer_has_changed_its_keys()
    {
        await using var authority = new FakeAuthority { Keys = [_rsa] };
        await using var service = CouponService.Start([("Auth:Authority", authority.Address), ("Auth:Audience", Token.Audience)]);
        var issuer = $"\"{authority.Address}\"";

        IsTaken(await Ask(new Token(_rsa) { Iss = issuer }, service));
        await IsInvalid(new Token(_rsa), service);

        authority.Keys = [_ec];
        await Until(async () => (await Ask(new Token(_ec) { Iss = issuer }, service)).Status == 404);
        await IsInvalid(new Token(_rsa) { Iss = issuer }, service);
    }

    [Fact]
    public async Task While_the_issuer_can_not_be_asked_for_its_keys_no_token_is_called_invalid()
    {
        var authority = new FakeAuthority { Keys = [_rsa] };
        var (address, port) = (authority.Address, new Uri(authority.Address).Port);
        await authority.DisposeAsync();
        await using var service = CouponService.Start([("Auth:Authority", address), ("Auth:Audience", Token.Audience)]);
        var token = new Token(_rsa) { Iss = $"\"{address}\"" };

        Then.IsProblem(503, "UNAVAILABLE", await Ask(token, service));
        Then.IsProblem(401, "UNAUTHENTICATED", await service.When.Get("/coupons/1/issues/7"));
        Then.Is(200, await service.When.Get("/coupons"));

        await using var back = new FakeAuthority(port) { Keys = [_rsa] };
        await Until(async () => (await Ask(token, service)).Status == 404);
        Assert.Contains(service.Log.Lines, line => line.Contains($"{address} does not publish its keys", StringComparison.Ordinal));
    }

    private async Task IsInvalid(Token token, CouponService? service = null)
    {
        var answer = await Ask(token, service);
        Then.IsProblem(401, "UNAUTHENTICATED", answer);
        Assert.StartsWith("Bearer error=\"invalid_token\"", answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    // There is no such coupon; that it was looked for is what shows that the token was taken.
    private static void IsTaken(Answer answer) => Then.IsProblem(404, "COUPON_NOT_EXIST", answer);

    private Task<Answer> Ask(Token token, CouponService? service = null) =>
        (service ?? _service).When.Send(HttpMethod.Get, "/coupons/1/issues/7", null, ("Authorization", $"Bearer {token}"));

    private static async Task Until(Func<Task<bool>> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "What the test waits for never came.");
            await Task.Delay(20);
        }
    }
}
