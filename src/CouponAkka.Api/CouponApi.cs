using CouponAkka.Api.Coupons;
using CouponAkka.Api.Dashboard;
using CouponAkka.Api.Http;
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

    public static IServiceCollection AddCouponApi(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CouponIds>();

        services.AddOptions<AdminOptions>().BindConfiguration(AdminOptions.Section);
        services.AddSingleton<AdminKey>();

        services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LimitOptions>, LimitOptionsValidator>();
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>, LoadShedding>();
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
        return services;
    }

    public static void MapCouponApi(this WebApplication app)
    {
        app.UseSecurityHeaders();
        app.UseExceptionHandler(_ => { });
        app.UseHead();
        app.UseApiPage();
        app.UseRouting();
        // Every request that waits for the journal is carried through each middleware twice, so what only the lost ones need, only they pass.
        app.UseWhen(context => context.GetEndpoint() is not RouteEndpoint, lost => lost.UseStatusCodePages(
            context => Refusals.WriteAsync(context.HttpContext, Problem.For(context.HttpContext.Response.StatusCode))));
        app.UseOptions();
        app.UseAdminKey(app.Services.GetRequiredService<AdminKey>());
        app.UseRateLimiter();

        var coupons = new MeteredCoupons(app.Services.GetRequiredService<ICoupons>());
        var limited = app.MapGroup("").RequireRateLimiting(LoadShedding.Policy);
        // Made once: an endpoint that asks for its ports with each request makes a scope of services for each.
        ActivatorUtilities.CreateInstance<CouponEndpoints>(app.Services, coupons).Map(limited.MapGroup("").WithTags("Coupons"));
        ActivatorUtilities.CreateInstance<IssueEndpoints>(app.Services, coupons).Map(limited.MapGroup("").WithTags("Issuing"));
        ActivatorUtilities.CreateInstance<CourseEndpoints>(app.Services, coupons).Map(limited.MapGroup("").WithTags("As in the course"));
        if (app.Configuration.GetValue<bool>(ParseOnlyEndpoint.Setting))
            limited.MapParseOnly();

        app.MapGroup("").WithTags("The process itself").MapHealth();
        app.MapOpenApi();
        app.MapDashboard();
    }
}
