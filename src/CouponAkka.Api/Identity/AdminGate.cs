using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Identity;

/// <summary>Lets administrators through to admin calls, and nobody else. The caller is looked at before the body.</summary>
internal sealed partial class AdminGate
{
    private readonly AdminKey _keys;

    public AdminGate(AdminKey keys, ILogger<AdminGate> log)
    {
        _keys = keys;
        if (!keys.IsSet)
            LogLocalOnly(log);
    }

    /// <summary>Null if the call is allowed, else what refuses it.</summary>
    public Problem? Refuse(HttpContext context)
    {
        if (!_keys.IsSet)
            return LocalCaller.Is(context) ? null : Problem.Forbidden("No admin key is set, so this call is taken from this machine only, and through no proxy. Set Admin:ApiKey.");
        if (!context.Request.Headers.TryGetValue(AdminKey.Header, out var given))
            return Problem.For(StatusCodes.Status401Unauthorized);
        return _keys.SettingOf(given.ToString()) is null ? Problem.For(StatusCodes.Status403Forbidden) : null;
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Admin:ApiKey is not set: admin calls are taken from callers on this machine only. Not every proxy can be told from one: behind a proxy, set a key.")]
    private static partial void LogLocalOnly(ILogger logger);
}

internal static class AdminEndpoints
{
    /// <summary>Takes the call from administrators only.</summary>
    public static RouteHandlerBuilder RequireAdmin(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(AdminOnly.Instance).Refuses(401, 403);

    public static void UseAdminGate(this IApplicationBuilder app)
    {
        var gate = app.ApplicationServices.GetRequiredService<AdminGate>();
        app.Use((context, next) =>
            context.GetEndpoint()?.Metadata.GetMetadata<AdminOnly>() is not null && gate.Refuse(context) is { } problem
                ? Refusals.WriteAsync(context, problem)
                : next(context));
    }
}

/// <summary>Marks an admin call.</summary>
internal sealed class AdminOnly
{
    public static readonly AdminOnly Instance = new();
}
