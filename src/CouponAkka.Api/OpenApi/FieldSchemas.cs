using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.OpenApi;

namespace CouponAkka.Api.OpenApi;

/// <summary>
/// What the server takes and writes, as JSON Schema. A program that is generated from it sends and reads what the server does, no more.
/// </summary>
internal sealed class FieldSchemas(IReadOnlyList<ApiModule> modules)
{
    private readonly string[] _codes =
    [
        .. modules.SelectMany(module => module.Problems).Concat(Enumerable.Range(400, 200).Select(Problem.For)).Append(Problem.OutcomeUnknown())
            .Select(problem => problem.Code).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>An id in the path.</summary>
    public static OpenApiSchema Id() => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" }.Between(1, EntityId.Max);

    /// <summary>The name of a type's schema: what it is, without how it is called here. None for what is written where it stands.</summary>
    public string? NameOf(JsonTypeInfo type) => type.Type switch
    {
        var time when IsTime(time) => null,
        var own when modules.FirstOrDefault(module => module.SchemaNames.ContainsKey(own)) is { } module => module.SchemaNames[own],
        _ => OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name && name.EndsWith("Json", StringComparison.Ordinal)
            ? name[..^"Json".Length]
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type),
    };

    /// <summary>Makes a schema, as it was read from the type, say what the type does not.</summary>
    public async Task NarrowAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancel)
    {
        var type = context.JsonTypeInfo;
        if (IsTime(type.Type))
        {
            schema.Type = JsonSchemaType.String | (schema.Type & JsonSchemaType.Null);
            schema.Format = "date-time";
            schema.Properties = null;
        }
        else if (schema.Type?.HasFlag(JsonSchemaType.Integer) is true)
        {
            // Digits in a string would be read by ASP.NET's own readers, not by ours.
            schema.Type &= ~JsonSchemaType.String;
            schema.Pattern = null;
        }
        else if (type.Kind == JsonTypeInfoKind.Object)
        {
            var tokensAreTaken = AuthOptions.IsSetIn(context.ApplicationServices.GetRequiredService<IConfiguration>());
            schema.Required = type.Properties.Where(field => IsRequired(field, tokensAreTaken)).Select(property => property.Name).ToHashSet();
            if (type.Type == typeof(Problem))
                await AddFieldsOfProblemsAsync(schema, context, cancel);
        }

        if (context.JsonPropertyInfo is { } field)
        {
            if (schema.Type is { } withNull && !IsNullable(field))
                schema.Type = withNull & ~JsonSchemaType.Null;
            Narrow(schema, field);
        }
    }

    /// <summary>Takes "or null" away from what is left out when it is null, where it stands around a reference.</summary>
    public static void DropNull(IOpenApiSchema schema)
    {
        foreach (var (name, field) in schema.Properties?.ToList() ?? [])
        {
            if (field.OneOf is [{ Type: JsonSchemaType.Null }, OpenApiSchemaReference reference])
                schema.Properties![name] = reference;
        }
    }

    // One schema for every problem: an endpoint may refuse with any.
    private async Task AddFieldsOfProblemsAsync(OpenApiSchema problem, OpenApiSchemaTransformerContext context, CancellationToken cancel)
    {
        foreach (var type in modules.Select(module => module.ProblemType).OfType<Type>())
        {
            foreach (var (name, field) in (await context.GetOrCreateSchemaAsync(type, null, cancel)).Properties ?? new Dictionary<string, IOpenApiSchema>())
                problem.Properties!.TryAdd(name, field);
        }

        // Comes with the base of Problem, and is never written.
        problem.Properties!.Remove("instance");
    }

    private void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (IsOfProblem(field) ? nameof(Problem) : field.DeclaringType.Name, field.Name)
        {
            case (nameof(Problem), "status"):
                schema.Between(400, 599);
                break;
            case (nameof(Problem), "code"):
                schema.OneOf(_codes);
                break;
            case (nameof(Problem), _):
                break;
            case (nameof(HealthJson) or nameof(HealthCheckJson), "status"):
                schema.OneOf(Enum.GetNames<HealthStatus>());
                break;
            case (_, var id) when schema.Type?.HasFlag(JsonSchemaType.Integer) is true && (id == "next" || id.EndsWith("Id", StringComparison.Ordinal)):
                schema.Between(1, EntityId.Max);
                break;
            default:
                modules.FirstOrDefault(module => module.Narrows(field.DeclaringType))?.Narrow(schema, field);
                break;
        }
    }

    private static bool IsTime(Type type) => type == typeof(Timestamp) || type == typeof(Timestamp?);

    // A request's field must be given if it says so; an answer's is always written, unless it is left out when there is nothing to say.
    private static bool IsRequired(JsonPropertyInfo field, bool tokensAreTaken) =>
        IsOfRequest(field) ? Has<RequiredAttribute>(field) || (!tokensAreTaken && Has<RequiredWithoutTokenAttribute>(field))
        : !field.IsExtensionData && (IsAlwaysInProblem(field) || !MayBeLeftOut(field));

    private static bool Has<TAttribute>(JsonPropertyInfo field) => field.AttributeProvider?.IsDefined(typeof(TAttribute), inherit: true) is true;

    private static bool IsNullable(JsonPropertyInfo field) =>
        IsOfRequest(field) ? !DisallowsNull(field)
        : !IsAlwaysInProblem(field) && !MayBeLeftOut(field);

    // Its base leaves out what is null of these, which they never are.
    private static bool IsAlwaysInProblem(JsonPropertyInfo field) =>
        IsOfProblem(field) && field.Name is "type" or "title" or "status" or "detail" or "traceId";

    private static bool IsOfProblem(JsonPropertyInfo field) => field.DeclaringType != typeof(object) && field.DeclaringType.IsAssignableFrom(typeof(Problem));

    private static bool MayBeLeftOut(JsonPropertyInfo field) =>
        field.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true)
            is [JsonIgnoreAttribute { Condition: not JsonIgnoreCondition.Never }];

    private static bool IsOfRequest(JsonPropertyInfo field) =>
        field.DeclaringType.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IRequestBody<>));

    // The compiler writes DisallowNull at what the setter is given.
    private static bool DisallowsNull(JsonPropertyInfo field) =>
        field.AttributeProvider is PropertyInfo { SetMethod: { } set } && set.GetParameters()[0].IsDefined(typeof(DisallowNullAttribute));
}
