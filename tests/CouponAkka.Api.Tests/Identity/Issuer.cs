using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests.Identity;

/// <summary>A key of an issuer's, which signs as the RFCs have it and not as the library does that checks it.</summary>
public abstract class IssuerKey(string id) : IDisposable
{
    public string Id { get; } = id;

    public abstract string Algorithm { get; }

    /// <summary>Its public half, as in a JSON Web Key Set.</summary>
    public abstract Dictionary<string, string> Jwk { get; }

    public abstract byte[] Sign(byte[] content);

    public abstract void Dispose();

    public static IssuerKey Rsa(string id) => new RsaKey(id);

    public static IssuerKey Ec(string id) => new EcKey(id);

    /// <summary>A JSON Web Key Set of these.</summary>
    public static string Set(params IssuerKey[] keys) => JsonSerializer.Serialize(new { keys = keys.Select(key => key.Jwk) });

    private sealed class RsaKey(string id) : IssuerKey(id)
    {
        private readonly RSA _rsa = RSA.Create(2048);

        public override string Algorithm => "RS256";

        public override Dictionary<string, string> Jwk
        {
            get
            {
                var key = _rsa.ExportParameters(includePrivateParameters: false);
                return new() { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = Id, ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent) };
            }
        }

        public override byte[] Sign(byte[] content) => _rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        public override void Dispose() => _rsa.Dispose();
    }

    private sealed class EcKey(string id) : IssuerKey(id)
    {
        private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public override string Algorithm => "ES256";

        public override Dictionary<string, string> Jwk
        {
            get
            {
                var key = _ec.ExportParameters(includePrivateParameters: false);
                return new() { ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = Id, ["x"] = Base64Url.EncodeToString(key.Q.X), ["y"] = Base64Url.EncodeToString(key.Q.Y) };
            }
        }

        public override byte[] Sign(byte[] content) => _ec.SignData(content, HashAlgorithmName.SHA256);

        public override void Dispose() => _ec.Dispose();
    }
}

/// <summary>A bearer token, right in all but what a test changes.</summary>
public sealed record Token(IssuerKey Key)
{
    public const string Audience = "coupons";

    public const string Issuer = "https://issuer.example";

    /// <summary>JSON as it stands; null: no <c>sub</c>.</summary>
    public string? Sub { get; init; } = "\"7\"";

    public string? Aud { get; init; } = $"\"{Audience}\"";

    public string? Iss { get; init; } = $"\"{Issuer}\"";

    public TimeSpan? ExpiresIn { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan ValidIn { get; init; } = TimeSpan.FromMinutes(-1);

    /// <summary>The claim <c>scope</c>, as words between spaces.</summary>
    public string? Scope { get; init; }

    /// <summary>More claims: JSON as it stands.</summary>
    public (string Name, string Json)[] Others { get; init; } = [];

    public string? Algorithm { get; init; }

    public string? KeyId { get; init; }

    public Func<byte[], byte[]>? Signature { get; init; }

    public override string ToString()
    {
        var now = DateTimeOffset.UtcNow;
        var claims = new List<string>();
        Add("sub", Sub);
        Add("aud", Aud);
        Add("iss", Iss);
        Add("nbf", $"{(now + ValidIn).ToUnixTimeSeconds()}");
        Add("exp", ExpiresIn is { } lifetime ? $"{(now + lifetime).ToUnixTimeSeconds()}" : null);
        Add("scope", Scope is null ? null : JsonSerializer.Serialize(Scope));
        foreach (var (name, json) in Others)
            Add(name, json);
        var header = JsonSerializer.Serialize(new { alg = Algorithm ?? Key.Algorithm, kid = KeyId ?? Key.Id, typ = "JWT" });
        var content = $"{Encode(header)}.{Encode($"{{{string.Join(',', claims)}}}")}";
        return $"{content}.{Base64Url.EncodeToString((Signature ?? Key.Sign)(Encoding.ASCII.GetBytes(content)))}";

        void Add(string name, string? json)
        {
            if (json is not null)
                claims.Add($"\"{name}\":{json}");
        }
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}

/// <summary>An OpenID Connect issuer on this machine, as far as one is needed to check its tokens.</summary>
public sealed class FakeAuthority : IAsyncDisposable
{
    private readonly WebApplication _app;

    public FakeAuthority(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Text($$"""{"issuer":"{{Address}}","jwks_uri":"{{Address}}/keys"}""", "application/json"));
        _app.MapGet("/keys", () => Results.Text(IssuerKey.Set(Keys), "application/json"));
        _app.StartAsync().GetAwaiter().GetResult();
    }

    public string Address => _app.Urls.Single();

    public IssuerKey[] Keys { get; set; } = [];

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
