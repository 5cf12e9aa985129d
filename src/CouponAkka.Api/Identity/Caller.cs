using System.Globalization;
using System.Reflection;
using System.Security.Claims;
using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Identity;

/// <summary>Who is asking, as a parameter of an endpoint: says for which user it may act.</summary>
public sealed class Caller
{
    // Where nobody's tokens are taken, anyone may say to be any user.
    private static readonly Caller Anyone = new(null, null);

    private readonly ClaimsPrincipal? _token;

    private Caller(ClaimsPrincipal? token, long? userId) => (_token, UserId) = (token, userId);

    /// <summary>The user that the token is of, if it is one.</summary>
    public long? UserId { get; }

    /// <summary>Whether a valid token was shown.</summary>
    internal bool IsKnown => _token?.Identity is { IsAuthenticated: true };

    /// <summary>Who the issuer says it is: a user, or anything else.</summary>
    internal string? Subject => IsKnown ? _token!.FindFirst("sub")?.Value : null;

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => new(context.Features.Get<Caller>() ?? Anyone);

    /// <summary>The user to act for: the one that is asked for, or the token's own if none is.</summary>
    /// <exception cref="ForbiddenException">The caller may not act for that user.</exception>
    /// <exception cref="InvalidRequestException">No user is named, by nobody.</exception>
    public long UserFor(long? asked)
    {
        if (asked is { } userId)
            return _token is null || UserId == userId || Has(Scopes.ActFor) ? userId : throw new ForbiddenException(Scopes.ActFor);
        if (_token is null)
            throw new InvalidRequestException("userId", EntityId.Expected);
        return UserId ?? throw new ForbiddenException(Scopes.ActFor);
    }

    internal bool Has(string scope) => _token is not null && Scopes.Has(_token, scope);

    /// <summary>The bearer of a token that was checked, or nobody.</summary>
    internal static Caller Of(ClaimsPrincipal user) => new(user, UserIdOf(user.FindFirst("sub")?.Value));

    // Escaped, as it is put into the log.
    public override string ToString() => IsKnown ? $"sub {Uri.EscapeDataString(Subject ?? "none")}" : "nobody";

    // One way to write each number: else "07" would be another person for the issuer, and the same user for us.
    private static long? UserIdOf(string? sub) =>
        sub is not (null or ['0', ..]) && long.TryParse(sub, NumberStyles.None, CultureInfo.InvariantCulture, out var userId) && EntityId.IsValid(userId)
            ? userId
            : null;
}

/// <summary>The caller is known, and may not do this.</summary>
internal sealed class ForbiddenException(string scope) : Exception($"The call needs the scope {scope}.")
{
    public string Scope { get; } = scope;
}

internal static class CallerMiddleware
{
    /// <summary>Tells endpoints who is asking. After it, nobody is <em>anyone</em>: who has shown no token is nobody.</summary>
    public static void UseCallers(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        context.Features.Set(Caller.Of(context.User));
        return next(context);
    });
}
