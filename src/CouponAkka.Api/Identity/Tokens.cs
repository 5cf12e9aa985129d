using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Microsoft.Net.Http.Headers;

namespace CouponAkka.Api.Identity;

/// <summary>Bearer tokens (RFC 6750), checked by ASP.NET's own handler.</summary>
internal static class Tokens
{
    public static void AddTokens(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, TokenChecks>();
        // After the handler's own, which makes the configuration manager. It would take a key for an hour more that the issuer has taken back.
        services.PostConfigure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, options =>
        {
            if (options.ConfigurationManager is BaseConfigurationManager issuer)
                issuer.UseLastKnownGoodConfiguration = false;
        });
        services.AddSingleton<IssuerProbe>();
        services.AddAuthorization();
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusals>();
        services.AddExceptionHandler<ForbiddenRefusal>();
    }

    /// <summary>Refuses who has shown no token that is valid.</summary>
    public static async Task ChallengeAsync(HttpContext context, string needed)
    {
        if (context.Features.Get<IssuerProbe.Unreachable>() is not null)
        {
            await Refusals.WriteAsync(context, Problem.For(StatusCodes.Status503ServiceUnavailable));
            return;
        }

        // Sets WWW-Authenticate, with what is wrong with the token if there was one.
        await context.ChallengeAsync();
        await Refusals.WriteAsync(context, Problem.Unauthenticated(context.Request.Headers.Authorization.Count == 0
            ? $"This call needs {needed}."
            : $"This call needs {needed}; what was sent is none that is valid. The header WWW-Authenticate says why."));
    }

    /// <summary>Refuses a known caller who may not do what they ask for.</summary>
    public static Task ForbidAsync(HttpContext context, string scope)
    {
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{scope}\"";
        return Refusals.WriteAsync(context, Problem.Forbidden(scope switch
        {
            Scopes.ActFor => $"A token lets only the user that its sub names ask for themselves. For others it needs the scope {scope}, and a userId.",
            _ => $"This call needs a token with the scope {scope}.",
        }));
    }
}

/// <summary>What a token must be to be taken.</summary>
internal sealed class TokenChecks(IOptions<AuthOptions> auth, IServiceProvider services) : IConfigureNamedOptions<JwtBearerOptions>
{
    // Symmetric ones are left out: a public key must never be taken for a shared secret.
    private static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public void Configure(JwtBearerOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        // Claims keep the names that they have in the token.
        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.BackchannelTimeout = TimeSpan.FromSeconds(5);
        // How often tokens with a key that we do not know may make us ask the issuer for new ones: so long may a new key of its wait at most.
        options.RefreshInterval = TimeSpan.FromSeconds(5);
        // How long a key is taken at most that the issuer has taken back.
        options.AutomaticRefreshInterval = TimeSpan.FromMinutes(10);
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAudience = auth.Value.Audience,
            ValidAlgorithms = Algorithms,
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        if (auth.Value.Authority is { Length: > 0 } authority)
            TakeKeysFrom(authority, options);
        else
            TakeKeysFrom(new SigningKeysFile(auth.Value.SigningKeys!, services.GetRequiredService<ILogger<SigningKeysFile>>()), options);
    }

    private void TakeKeysFrom(SigningKeysFile file, JwtBearerOptions options)
    {
        options.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, keyId, _) => KeysFor(keyId, file.Keys);
        options.TokenValidationParameters.ValidIssuer = auth.Value.Issuer;
        options.TokenValidationParameters.ValidateIssuer = auth.Value.Issuer is { Length: > 0 };
    }

    private static IEnumerable<SecurityKey> KeysFor(string? keyId, IReadOnlyList<SecurityKey> keys) =>
        keyId is null ? keys : keys.Where(key => key.KeyId is null or "" || key.KeyId == keyId);

    private void TakeKeysFrom(string authority, JwtBearerOptions options)
    {
        options.Authority = authority;
        options.RequireHttpsMetadata = new Uri(authority).Scheme == Uri.UriSchemeHttps;
        var probe = services.GetRequiredService<IssuerProbe>();
        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = async received =>
            {
                if (received.Request.Headers.ContainsKey(HeaderNames.Authorization) && !await probe.IsKnownAsync(received.Options, received.HttpContext))
                    received.NoResult();
            },
        };
    }
}

/// <summary>
/// Whether the issuer has told its keys yet. Until it has, no token can be checked: that is our trouble, not the token's, and its bearer hears 503
/// and not that it is invalid. All who come meanwhile wait for one question.
/// </summary>
internal sealed partial class IssuerProbe(ILogger<IssuerProbe> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<bool> _asked = Task.FromResult(false);
    private long _notBefore = long.MinValue;
    private volatile bool _isKnown;

    /// <summary>Asks if it must; where it can't be told, the request is marked as <see cref="Unreachable"/>.</summary>
    public async ValueTask<bool> IsKnownAsync(JwtBearerOptions options, HttpContext context)
    {
        if (_isKnown || await Asked(options).WaitAsync(context.RequestAborted))
            return true;
        context.Features.Set(Unreachable.Instance);
        return false;
    }

    private Task<bool> Asked(JwtBearerOptions options)
    {
        lock (_lock)
        {
            if (_asked.IsCompleted && !_isKnown && Environment.TickCount64 >= _notBefore)
                _asked = AskAsync(options);
            return _asked;
        }
    }

    private async Task<bool> AskAsync(JwtBearerOptions options)
    {
        try
        {
            await options.ConfigurationManager!.GetConfigurationAsync(CancellationToken.None);
            _isKnown = true;
        }
        // Of any kind: what it answers may be anything.
        catch (Exception failure)
        {
            LogUnreachable(options.Authority!, (failure.InnerException ?? failure).Message.Split('\n')[0]);
            _notBefore = Environment.TickCount64 + (long)Pause.TotalMilliseconds;
        }

        return _isKnown;
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The issuer of tokens {Authority} does not publish its keys, so calls that need a token are answered 503: {Reason}")]
    private partial void LogUnreachable(string authority, string reason);

    /// <summary>Marks a request whose token could not be checked.</summary>
    public sealed class Unreachable
    {
        public static readonly Unreachable Instance = new();
    }
}

/// <summary>Answers a caller who turned out, in an endpoint, not to be allowed what they ask for.</summary>
internal sealed class ForbiddenRefusal : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not ForbiddenException forbidden)
            return false;
        // They were cleared with all that had been written.
        SecurityHeaders.Set(httpContext.Response);
        await Tokens.ForbidAsync(httpContext, forbidden.Scope);
        return true;
    }
}

/// <summary>Answers what a policy refuses with our problems.</summary>
internal sealed class AccessRefusals : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult) =>
        authorizeResult.Succeeded ? next(context)
        : authorizeResult.Challenged ? Tokens.ChallengeAsync(context, "a bearer token")
        : Tokens.ForbidAsync(context, policy.Requirements.OfType<Access>().Single().Scope ?? Scopes.ActFor);
}
