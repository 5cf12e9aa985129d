using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Course;
using CouponAkka.Api.Dashboard;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Api.Notifications;
using CouponAkka.Api.OpenApi;
using CouponAkka.Api.Orders;
using CouponAkka.Api.Products;
using CouponAkka.Api.Users;
using CouponAkka.Api.Vendors;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Hosting;
using CouponAkka.Hosting.Http;
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

/// <summary>Speaks HTTP for whichever engine stands behind the ports <see cref="IEntities"/> and <see cref="IReadModel"/>.</summary>
public static class CouponApi
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    // What the API is made of, as the document has it: an entity is one more.
    private static readonly ApiModule[] Modules =
    [
        new CouponModule(), new CourseModule(), new VendorModule(), new ProductModule(), new OrderModule(), new UserModule(),
        new NotificationModule(),
    ];

    /// <summary>What the programs that speak HTTP for coupons can be told.</summary>
    public static IEnumerable<KnownSetting> Settings =>
    [
        .. KnownSetting.Of<AdminOptions>(AdminOptions.Section), .. KnownSetting.Of<AuthOptions>(AuthOptions.Section),
        .. KnownSetting.Of<OrderOptions>(OrderOptions.Section), .. KnownSetting.Of<ShippingOptions>(ShippingOptions.Section), .. ServiceProgram.Settings,
        new(ParseOnlyEndpoint.Setting, null, IsListed: false),
    ];

    public static void AddCouponApi(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        foreach (var module in Modules)
            module.AddServices(services);

        builder.AddIdentity();
        builder.AddManagement();

        services.AddConnectionLimits();
        services.AddSingleton<LoadShedding>();
        services.AddSingleton<IWorkInProgress>(provider => provider.GetRequiredService<LoadShedding>());
        services.AddSingleton<IConfigureOptions<RateLimiterOptions>>(provider => provider.GetRequiredService<LoadShedding>());
        services.AddRateLimiter();

        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        services.ConfigureHttpJsonOptions(json =>
        {
            IJsonTypeInfoResolver[] ours = [.. Modules.Select(module => module.Json), ProblemJsonContext.Default, HostingJson.Default];
            foreach (var (index, types) in ours.Index())
                json.SerializerOptions.TypeInfoResolverChain.Insert(index, types);
        });
        services.AddExceptionHandler<ExceptionRefusal>();
        services.AddHealthChecks().AddLiveness();
        services.AddApiDocument(Modules);
    }

    public static void MapCouponApi(this WebApplication app)
    {
        app.UseTrustedProxies();
        app.UseSecurityHeaders();
        app.UseExceptionHandler(_ => { });
        app.UseHead(DashboardEvents.Path, NotificationStream.Path);
        if (app.Services.GetService<ManagementPorts>() is { } management)
            app.UseWhen(management.ServesHere, operators => operators.UseApiPage());
        else
            app.UseApiPage();
        app.UseRouting();
        app.UseManagement();
        // A request that awaits the journal resumes through every middleware again. Status-code pages matter only where no endpoint matched, so only
        // those requests get them.
        app.UseWhen(context => context.GetEndpoint() is not RouteEndpoint, lost => lost.UseStatusCodePages(
            context => Refusals.WriteAsync(context.HttpContext, Problem.For(context.HttpContext.Response.StatusCode))));
        app.UseOptions();
        app.UseIdentity();
        app.UseWholeBody();
        app.UseRateLimiter();

        var limited = app.MapGroup("").RequireRateLimiting(LoadShedding.Policy);
        limited.RequireIdentity(app);
        foreach (var module in Modules)
            module.Map(limited);
        if (app.Configuration.GetValue<bool>(ParseOnlyEndpoint.Setting))
            limited.MapParseOnly();

        app.MapGroup("").WithTags(ApiDocument.ProcessTag).MapHealth();
        // By its one name, so that what is asked for by another is not found as everything else is not.
        app.MapOpenApi("/openapi/v1.json");
        app.MapDashboard();
    }
}
