using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.OpenApi;

/// <summary>An id in the path, as metadata of its endpoint.</summary>
internal sealed record PathId(string Name);

/// <summary>
/// A JSON body, as metadata of its endpoint. Not ASP.NET's AcceptsMetadata: routing would answer 415 for it before the
/// endpoint is known, and so before the admin key is looked at, and on paths that always answer 200.
/// </summary>
internal sealed record BodyOf(Type Type, bool IsRequired);

/// <summary>A page asked for in the query, as metadata of its endpoint.</summary>
internal sealed record PageQuery(int DefaultLimit, int MaxLimit);

/// <summary>The header <c>If-Match</c>, as metadata of its endpoint.</summary>
internal sealed class IfMatchHeader
{
    public static readonly IfMatchHeader Instance = new();
}

/// <summary>What the OpenAPI document says of an endpoint, written where the endpoint is mapped.</summary>
internal static class EndpointDocs
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string operationId, string summary) =>
        endpoint.WithName(operationId).WithSummary(summary);

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status, string contentType = "application/json") =>
        endpoint.Produces<T>(status, contentType);

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            endpoint.Produces<Problem>(status, Problem.ContentType);
        return endpoint;
    }
}
