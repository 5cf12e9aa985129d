using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>An id in the path, as metadata of its endpoint.</summary>
internal sealed record PathId(string Name);

/// <summary>
/// A JSON body, as metadata of its endpoint. Not ASP.NET's AcceptsMetadata: routing would answer 415 for it before the
/// endpoint is known, and so before the admin key is looked at, and on paths that always answer 200.
/// </summary>
internal sealed record BodyOf(Type Type, bool IsRequired);

/// <summary>A page asked for in the query, as metadata of its endpoint.</summary>
internal sealed record PageQuery(int DefaultLimit, int MaxLimit)
{
    /// <summary>What <c>after</c> must be.</summary>
    public const string AfterExpected = "must be what the page before gave as next";
}

/// <summary>A header of the request, as metadata of its endpoint.</summary>
/// <param name="MaxLength">Where it is not empty, and printable ASCII; null for anything.</param>
internal sealed record RequestHeader(string Name, string Description, bool IsRequired = false, int? MaxLength = null);

/// <summary>That a stream begins after a number, as metadata of its endpoint.</summary>
internal sealed record StreamQuery
{
    public const string LastExpected = "must be a number: how many of the last to begin with";
}

/// <summary>That what is answered has an ETag, as metadata of its endpoint.</summary>
internal sealed record ETagHeader(string Description);

/// <summary>An example of the request, or of what is answered with a status, as metadata of its endpoint. Of two of a kind the last is shown.</summary>
internal sealed record Example(int? Status, Func<JsonNode?> Read)
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    public static Example Of(Problem problem) => new(problem.Status, () =>
    {
        problem.TraceId = TraceId;
        return JsonSerializer.SerializeToNode(problem, problem.TypeInfo);
    });
}

/// <summary>What the OpenAPI document says of an endpoint, written where the endpoint is mapped.</summary>
internal static class EndpointDocs
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder endpoint, string operationId, string summary) =>
        endpoint.WithName(operationId).WithSummary(summary);

    /// <summary>What may be sent, as JSON.</summary>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder endpoint, string example) =>
        endpoint.WithMetadata(new Example(null, () => JsonNode.Parse(example)));

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status, JsonTypeInfo<T> typeInfo, T example) =>
        endpoint.Produces<T>(status, "application/json").WithMetadata(new Example(status, () => JsonSerializer.SerializeToNode(example, typeInfo)));

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            endpoint.Produces<Problem>(status, Problem.ContentType);
        return endpoint;
    }

    /// <summary>What a refusal looks like, where one of that status is answered.</summary>
    public static TEndpoints RefusesLike<TEndpoints>(this TEndpoints endpoints, Problem example)
        where TEndpoints : IEndpointConventionBuilder =>
        endpoints.WithMetadata(Example.Of(example));
}
