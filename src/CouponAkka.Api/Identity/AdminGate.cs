using System.Threading.RateLimiting;
using CouponAkka.Api.Http;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Identity;

/// <summary>
/// Lets administrators through to admin calls, and nobody else: by a token with the scope, or a key; with neither set, who is on this machine.
/// The caller is looked at before the body. An address that is refused too often hears 429, and no key of its is looked at, so that none is guessed.
/// </summary>
internal sealed partial class AdminGate : IDisposable
{
    private readonly AdminKey _keys;
    private readonly AdminAudit _audit;
    private readonly bool _tokensAreTaken;
    private readonly PartitionedRateLimiter<HttpContext> _refusals;

    public AdminGate(AdminKey keys, IOptions<AuthOptions> auth, IOptions<LimitOptions> limits, AdminAudit audit, ILogger<AdminGate> log)
    {
        (_keys, _audit, _tokensAreTaken) = (keys, audit, auth.Value.IsSet);
        _refusals = CallerLimits.PerAddress(limits.Value.RefusedAdminCallsPerSecond);
        if (!keys.IsSet && !_tokensAreTaken)
            LogLocalOnly(log);
    }

    public Task PassAsync(HttpContext context, RequestDelegate next)
    {
        var verdict = Judge(context);
        if (verdict.Refusal is not (null or Refusal.TooMany) && !_refusals.AttemptAcquire(context).IsAcquired)
            verdict = verdict with { Refusal = Refusal.TooMany };
        if (verdict.Refusal is Refusal.TooMany)
            _audit.NoteOneOfTooMany(context);
        else
            _audit.Note(context, verdict.Who);
        return verdict.Refusal switch
        {
            null => next(context),
            Refusal.NoToken => Tokens.ChallengeAsync(
                context, $"a bearer token with the scope {Scopes.Admin}" + (_keys.IsSet ? $", or the header {AdminKey.Header}" : "")),
            Refusal.NoScope => Tokens.ForbidAsync(context, Scopes.Admin),
            Refusal.NotLocal => Refusals.WriteAsync(context, Problem.Forbidden(
                "No admin key is set, so this call is taken from this machine only, and through no proxy. Set Admin:ApiKey.")),
            Refusal.NoKey => Refusals.WriteAsync(context, Problem.For(StatusCodes.Status401Unauthorized)),
            Refusal.WrongKey => Refusals.WriteAsync(context, Problem.For(StatusCodes.Status403Forbidden)),
            _ => Refusals.WriteAsync(context, Problem.For(StatusCodes.Status429TooManyRequests)),
        };
    }

    private Verdict Judge(HttpContext context)
    {
        var bearer = context.Features.Get<Caller>() is { IsKnown: true } caller ? caller : null;
        if (bearer is not null && bearer.Has(Scopes.Admin))
            return new(bearer.ToString(), null);
        if (_keys.IsSet && context.Request.Headers.TryGetValue(AdminKey.Header, out var given))
        {
            // Whole ones: to acquire none succeeds as long as there is any part of one.
            if (_refusals.GetStatistics(context) is { CurrentAvailablePermits: 0 })
                return new("a key", Refusal.TooMany);
            return _keys.SettingOf(given.ToString()) is { } setting ? new($"Admin:{setting}", null) : new("a wrong key", Refusal.WrongKey);
        }

        if (bearer is not null)
            return new(bearer.ToString(), Refusal.NoScope);
        if (_tokensAreTaken)
            return new("nobody", Refusal.NoToken);
        if (_keys.IsSet)
            return new("nobody", Refusal.NoKey);
        return LocalCaller.Is(context) ? new("this machine", null) : new("nobody", Refusal.NotLocal);
    }

    public void Dispose() => _refusals.Dispose();

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Admin:ApiKey is not set: admin calls are taken from callers on this machine only. "
            + "Not every proxy can be told from one: behind a proxy, set a key.")]
    private static partial void LogLocalOnly(ILogger logger);

    private enum Refusal
    {
        NoToken,
        NoScope,
        NoKey,
        WrongKey,
        NotLocal,
        TooMany,
    }

    private readonly record struct Verdict(string Who, Refusal? Refusal);
}

internal static class AdminEndpoints
{
    /// <summary>Takes the call from administrators only.</summary>
    public static RouteHandlerBuilder RequireAdmin(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(AdminOnly.Instance).AddEndpointFilter(AdminAudit.NoteOutcomeAsync).Refuses(401, 403);

    public static void UseAdminGate(this IApplicationBuilder app)
    {
        var gate = app.ApplicationServices.GetRequiredService<AdminGate>();
        app.Use((context, next) => context.GetEndpoint()?.Metadata.GetMetadata<AdminOnly>() is null ? next(context) : gate.PassAsync(context, next));
    }
}

/// <summary>Marks an admin call.</summary>
internal sealed class AdminOnly
{
    public static readonly AdminOnly Instance = new();
}
