using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Hosting.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.OpenApi;

namespace CouponAkka.Api.OpenApi;

/// <summary>
/// What the server takes and writes, as JSON Schema: what <see cref="Fields"/> says in words. A program that is generated from it sends and
/// reads what the server does, no more.
/// </summary>
internal static class FieldSchemas
{
    /// <summary>As <see cref="CouponPolicy.IsTitle"/> says: not all blank; no control character, no line break, nothing that turns the direction.</summary>
    private const string Title = @"^(?!\s*$)[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";

    private static readonly string[] Codes =
    [
        .. Enum.GetValues<RefusalReason>().Select(reason => Problem.For(reason).Code)
            .Concat(Enumerable.Range(400, 200).Select(status => Problem.For(status).Code))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>An id in the path.</summary>
    public static OpenApiSchema Id() => Between(new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" }, 1, EntityId.Max);

    /// <summary>The name of a type's schema: what it is, without how it is called here. None for what is written where it stands.</summary>
    public static string? NameOf(JsonTypeInfo type) => type.Type switch
    {
        var time when IsTime(time) => null,
        var list when list == typeof(ListJson<CouponJson, long?>) => "CouponList",
        var list when list == typeof(ListJson<IssueJson, long?>) => "IssueList",
        var list when list == typeof(ListJson<IssueJson, string>) => "UserIssueList",
        _ => OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name && name.EndsWith("Json", StringComparison.Ordinal)
            ? name[..^"Json".Length]
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type),
    };

    /// <summary>Makes a schema, as it was read from the type, say what the type does not.</summary>
    public static Task NarrowAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancel)
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
            schema.Required = type.Properties.Where(IsRequired).Select(property => property.Name).ToHashSet();
            // A token says who asks, where there is one.
            if (type.Type == typeof(IssueRequest) && !AuthOptions.IsSetIn(context.ApplicationServices.GetRequiredService<IConfiguration>()))
                schema.Required.Add("userId");
            // Comes with the base of Problem, and is never written.
            if (type.Type == typeof(Problem))
                schema.Properties?.Remove("instance");
        }

        if (context.JsonPropertyInfo is { } field)
        {
            if (schema.Type is { } withNull && !IsNullable(field))
                schema.Type = withNull & ~JsonSchemaType.Null;
            Narrow(schema, field);
        }

        return Task.CompletedTask;
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

    private static void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (IsOfProblem(field) ? nameof(Problem) : field.DeclaringType.Name, field.Name)
        {
            case (nameof(Problem), "status"):
                Between(schema, 400, 599);
                break;
            case (nameof(Problem), "code"):
                OneOf(schema, Codes);
                break;
            case (nameof(Problem), _):
                break;
            case (nameof(HealthJson) or nameof(HealthCheckJson), "status"):
                OneOf(schema, Enum.GetNames<HealthStatus>());
                break;
            case (nameof(PolicyRequest) or nameof(ChangeRequest), "totalQuantity"):
                Between(schema, 0, CouponPolicy.MaxQuantity);
                break;
            case (_, "couponId" or "userId" or "vendorId" or "ticket"):
            case (_, "next") when schema.Type?.HasFlag(JsonSchemaType.Integer) is true:
                Between(schema, 1, EntityId.Max);
                break;
            case (_, "totalQuantity" or "issuedQuantity" or "remaining" or "discountAmount" or "minAvailableAmount" or "orderAmount"):
                Between(schema, 0, EntityId.Max);
                break;
            case (var type, "title"):
                schema.MinLength = 1;
                schema.MaxLength = CouponPolicy.MaxTitleLength;
                // An older release took others, so an answer may have one.
                schema.Pattern = type == nameof(CouponJson) ? null : Title;
                break;
            case (_, "couponType"):
                OneOf(schema, CouponJson.FirstComeFirstServed);
                break;
            case (_, "state"):
                OneOf(schema, "NOT_OPEN", "OPEN", "STOPPED", "SOLD_OUT", "ENDED");
                break;
        }
    }

    private static OpenApiSchema Between(OpenApiSchema schema, long minimum, long maximum)
    {
        schema.Minimum = minimum.ToString(CultureInfo.InvariantCulture);
        schema.Maximum = maximum.ToString(CultureInfo.InvariantCulture);
        return schema;
    }

    private static void OneOf(OpenApiSchema schema, params string[] values)
    {
        schema.Enum = [.. values.Select(value => JsonValue.Create(value))];
        if (schema.Type?.HasFlag(JsonSchemaType.Null) is true)
            schema.Enum.Add(JsonNullSentinel.JsonNull);
    }

    private static bool IsTime(Type type) => type == typeof(Timestamp) || type == typeof(Timestamp?);

    // A request's field must be given if it says so; an answer's is always written, unless it is left out when there is nothing to say.
    private static bool IsRequired(JsonPropertyInfo field) =>
        IsOfRequest(field) ? field.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) is true
        : !field.IsExtensionData && (IsAlwaysInProblem(field) || !MayBeLeftOut(field));

    private static bool IsNullable(JsonPropertyInfo field) =>
        IsOfRequest(field) ? !DisallowsNull(field)
        : !IsAlwaysInProblem(field) && !MayBeLeftOut(field);

    // Its base leaves out what is null of these, which they never are.
    private static bool IsAlwaysInProblem(JsonPropertyInfo field) =>
        IsOfProblem(field) && field.Name is "type" or "title" or "status" or "detail" or "traceId";

    private static bool IsOfProblem(JsonPropertyInfo field) => field.DeclaringType != typeof(object) && field.DeclaringType.IsAssignableFrom(typeof(Problem));

    private static bool MayBeLeftOut(JsonPropertyInfo field) =>
        field.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true) is [JsonIgnoreAttribute { Condition: not JsonIgnoreCondition.Never }];

    private static bool IsOfRequest(JsonPropertyInfo field) =>
        field.DeclaringType.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IRequestBody<>));

    // The compiler writes DisallowNull at what the setter is given.
    private static bool DisallowsNull(JsonPropertyInfo field) =>
        field.AttributeProvider is PropertyInfo { SetMethod: { } set } && set.GetParameters()[0].IsDefined(typeof(DisallowNullAttribute));
}
