using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Identity;

/// <summary>Settings under <c>Auth</c>: whose tokens say who is asking. With none of them set, nobody is asked who they are.</summary>
public sealed class AuthOptions
{
    public const string Section = "Auth";

    /// <summary>An OpenID Connect issuer, which tells its keys by discovery.</summary>
    public string? Authority { get; set; }

    /// <summary>A file with a JSON Web Key Set, in place of an authority. Read again when it changes.</summary>
    public string? SigningKeys { get; set; }

    /// <summary>Whom tokens must be meant for: this service.</summary>
    public string? Audience { get; set; }

    /// <summary>With a file of keys: who must have issued a token, if not only its key is to say so.</summary>
    public string? Issuer { get; set; }

    /// <summary>Whether anybody's tokens are taken.</summary>
    public bool IsSet => Authority is { Length: > 0 } || SigningKeys is { Length: > 0 };

    public static bool IsSetIn(IConfiguration configuration) => configuration.GetSection(Section).Get<AuthOptions>() is { IsSet: true };
}

internal sealed class AuthOptionsValidator : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options) =>
        Complaint(options) is { } complaint ? ValidateOptionsResult.Fail(complaint) : ValidateOptionsResult.Success;

    private static string? Complaint(AuthOptions options)
    {
        var (authority, keys) = (options.Authority is { Length: > 0 }, options.SigningKeys is { Length: > 0 });
        if (authority && keys)
            return "Auth:Authority and Auth:SigningKeys are both set: tokens are checked with the keys of one of them.";
        if (!authority && !keys)
        {
            return options.Audience is { Length: > 0 } || options.Issuer is { Length: > 0 }
                ? "Auth:Audience or Auth:Issuer is set, but nothing says whose keys to check tokens with: set Auth:Authority or Auth:SigningKeys."
                : null;
        }

        if (options.Audience is not { Length: > 0 })
            return "Auth:Audience is not set: without it, tokens that the issuer made for other services would be taken too.";
        if (authority && options.Issuer is { Length: > 0 })
            return "Auth:Issuer is for Auth:SigningKeys; Auth:Authority says itself who it is.";
        return authority ? ComplaintOfAuthority(options.Authority!) : ComplaintOfKeys(options.SigningKeys!);
    }

    private static string? ComplaintOfAuthority(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri is { Scheme: "http", IsLoopback: true })
            ? null
            : $"Auth:Authority is \"{authority}\": it must be an https:// address, or http:// on this machine.";

    private static string? ComplaintOfKeys(string path)
    {
        try
        {
            SigningKeysFile.Read(path);
            return null;
        }
        catch (SigningKeysException unusable)
        {
            return $"Auth:SigningKeys: {unusable.Message}";
        }
    }
}
