using CouponAkka.Api.Coupons;
using CouponAkka.Api.Dashboard;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Api.OpenApi;
using CouponAkka.Api.Ports;
using CouponAkka.Api.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api;

/// <summary>Speaks HTTP for whichever engine stands behind the ports <see cref="ICoupons"/> and <see cref="IReadModel"/>.</summary>
public static class CouponApi
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    /// <summary>What the programs that speak HTTP for coupons can be told.</summary>
    public static IEnumerable<KnownSetting> Settings =>
    [
        .. KnownSettings.Of<AdminOptions>(AdminOptions.Section), .. KnownSettings.Of<AuthOptions>(AuthOptions.Section), .. KnownSettings.Of<LimitOptions>(LimitOptions.Section),
        .. KnownSettings.Of<ManagementOptions>(ManagementOptions.Section), new(ManagementOptions.Argument, null), new(ParseOnlyEndpoint.Setting, null),
    ];

    public static void AddCouponApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CouponIds>();

        builder.AddIdentity();
        builder.AddManagement();

        services.AddConnectionLimits();
        services.AddSingleton<LoadShedding>();
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>>(provider => provider.GetRequiredService<LoadShedding>());
        services.AddRateLimiter();

        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
        services.AddExceptionHandler<ExceptionRefusal>();
        services.AddHealthChecks().AddLiveness();
        services.AddApiDocument();
    }

    /// <summary>How many connections a program takes, and how it ends them. For one that does not <see cref="AddCouponApi"/>, which includes it.</summary>
    public static IServiceCollection AddConnectionLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, ConnectionLimit>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, PromptStop>();
        return services;
    }

    public static void MapCouponApi(this WebApplication app)
    {
        app.UseTrustedProxies();
        app.UseSecurityHeaders();
        app.UseExceptionHandler(_ => { });
        app.UseHead();
        if (app.Services.GetService<ManagementPorts>() is { } management)
            app.UseWhen(management.ServesHere, operators => operators.UseApiPage());
        else
            app.UseApiPage();
        app.UseRouting();
        app.UseManagement();
        // Every request that waits for the journal is carried through each middleware twice, so what only the lost ones need, only they pass.
        app.UseWhen(context => context.GetEndpoint() is not RouteEndpoint, lost => lost.UseStatusCodePages(
            context => Refusals.WriteAsync(context.HttpContext, Problem.For(context.HttpContext.Response.StatusCode))));
        app.UseOptions();
        app.UseIdentity();
        app.UseWholeBody();
        app.UseRateLimiter();

        var coupons = new MeteredCoupons(app.Services.GetRequiredService<ICoupons>());
        var limited = app.MapGroup("").RequireRateLimiting(LoadShedding.Policy);
        limited.RequireIdentity(app);
        // Made once: an endpoint that asks for its ports with each request makes a scope of services for each.
        ActivatorUtilities.CreateInstance<CouponEndpoints>(app.Services, coupons).Map(limited.MapGroup("").WithTags("Coupons"));
        ActivatorUtilities.CreateInstance<IssueEndpoints>(app.Services, coupons).Map(limited.MapGroup("").WithTags("Issuing"));
        ActivatorUtilities.CreateInstance<CourseEndpoints>(app.Services, coupons).Map(limited.MapGroup("").WithTags("As in the course"));
        if (app.Configuration.GetValue<bool>(ParseOnlyEndpoint.Setting))
            limited.MapParseOnly();

        app.MapGroup("").WithTags("The process itself").MapHealth();
        // By its one name, so that what is asked for by another is not found as everything else is not.
        app.MapOpenApi("/openapi/v1.json");
        app.MapDashboard();
    }
}
