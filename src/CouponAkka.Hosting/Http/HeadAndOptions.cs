using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace CouponAkka.Hosting.Http;

/// <summary>HEAD answers as GET, without the body; OPTIONS says which methods a path takes (RFC 9110, 9.3.2 and 9.3.7). Load balancers ask with both.</summary>
public static class HeadAndOptions
{
    /// <summary>Before routing: the server leaves the body out by the method that came in.</summary>
    /// <param name="streams">Paths of streams, which have no end, and are not asked for their head.</param>
    public static void UseHead(this IApplicationBuilder app, params PathString[] streams) => app.Use((context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method) && !streams.Any(stream => context.Request.Path.StartsWithSegments(stream)))
            context.Request.Method = HttpMethods.Get;
        return next(context);
    });

    /// <summary>After routing, which refuses a method that the path does not take with the ones that it does.</summary>
    public static void UseOptions(this IApplicationBuilder app) => app.UseWhen(
        context => context.GetEndpoint() is not RouteEndpoint,
        lost => lost.Use(async (context, next) =>
        {
            await next(context);
            var response = context.Response;
            if (response.StatusCode != StatusCodes.Status405MethodNotAllowed)
                return;
            response.Headers.Allow = Allowed(response.Headers.Allow);
            if (HttpMethods.IsOptions(context.Request.Method))
                response.StatusCode = StatusCodes.Status204NoContent;
        }));

    private static StringValues Allowed(StringValues byRouting)
    {
        var methods = byRouting.ToString().Split(", ", StringSplitOptions.RemoveEmptyEntries).Append(HttpMethods.Options);
        if (methods.Contains(HttpMethods.Get))
            methods = methods.Append(HttpMethods.Head);
        return string.Join(", ", methods.Order(StringComparer.Ordinal));
    }
}
