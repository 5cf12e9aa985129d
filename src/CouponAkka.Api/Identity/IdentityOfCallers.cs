using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Identity;

/// <summary>
/// Who is asking, and how much of it is too much. Where no tokens are taken, nothing of ASP.NET's authentication and authorization is in the way of
/// a request.
/// </summary>
internal static partial class IdentityOfCallers
{
    public static void AddIdentity(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AdminOptions>().BindConfiguration(AdminOptions.Section);
        services.AddOptions<AuthOptions>().BindConfiguration(AuthOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>();
        services.AddSingleton<IValidateOptions<LimitOptions>, TrustedProxies.Validator>();
        services.AddSingleton<AdminKey>();
        services.AddSingleton<AdminAudit>();
        services.AddSingleton<AdminGate>();
        if (AuthOptions.IsSetIn(builder.Configuration))
            services.AddTokens();
    }

    /// <summary>After routing.</summary>
    public static void UseIdentity(this WebApplication app)
    {
        var auth = app.Services.GetRequiredService<IOptions<AuthOptions>>().Value;
        if (auth.IsSet)
        {
            app.UseAuthentication();
            app.UseCallers();
        }
        else
        {
            LogNobodyIsAsked(app.Logger);
        }

        // Before all that may refuse a call, so that each admin call is a line in the log.
        app.UseAdminGate();
        app.UseCallerLimits();
        if (auth.IsSet)
            app.UseAuthorization();
    }

    /// <summary>Holds calls to what they need, where tokens are taken.</summary>
    public static void RequireIdentity(this RouteGroupBuilder calls, WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.IsSet)
            calls.RequireAccess();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Auth is not set: userId is taken as it comes, so anyone who reaches this service may issue, see and use coupons for anyone. "
            + "Set Auth:Authority or Auth:SigningKeys, or let through only who is known (docs/security.md).")]
    private static partial void LogNobodyIsAsked(ILogger logger);
}
