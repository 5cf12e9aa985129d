using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace CouponAkka.Api.Http;

/// <summary>What a request's body may be.</summary>
public interface IRequestBody<T>
    where T : class, IRequestBody<T>
{
    static abstract JsonTypeInfo<T> TypeInfo { get; }

    /// <summary>What stands for a body that was left out; null if it must not be.</summary>
    static virtual T? WhenEmpty => null;

    /// <summary>What a field must be, in one sentence: said whichever way a value falls short of it.</summary>
    static abstract string Expected(string field);

    /// <summary>The names of the fields that are missing or out of range.</summary>
    IEnumerable<string> InvalidFields();
}

/// <summary>A body that was read and found valid.</summary>
public readonly record struct JsonBody<T>(T Value) : IEndpointParameterMetadataProvider
    where T : class, IRequestBody<T>
{
    /// <exception cref="InvalidRequestException">The body is not JSON, or its fields are not as they must be.</exception>
    /// <exception cref="BadHttpRequestException">The body is too large, or not said to be JSON.</exception>
    public static async ValueTask<JsonBody<T>> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        if (T.WhenEmpty is { } whenEmpty && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return new(whenEmpty);
        if (!context.Request.HasJsonContentType() || IsCompressed(context.Request))
            throw new BadHttpRequestException("The body must be application/json, not compressed.", StatusCodes.Status415UnsupportedMediaType);

        T? body;
        try
        {
            // JSON is UTF-8, whatever charset is said: to look one up would fail on those that there are not.
            body = await JsonSerializer.DeserializeAsync(context.Request.BodyReader, T.TypeInfo, context.RequestAborted);
        }
        catch (JsonException malformed)
        {
            throw new InvalidRequestException(Explain(malformed));
        }

        // Many a generated client says that it leaves the body out with null.
        body ??= T.WhenEmpty ?? throw new InvalidRequestException("body", "must be a JSON object");
        Validate(body);
        return new(body);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new BodyOf(typeof(T), IsRequired: T.WhenEmpty is null));

    private static bool IsCompressed(HttpRequest request) =>
        request.Headers.ContentEncoding is { Count: > 0 } encoding && !string.Equals(encoding.ToString(), "identity", StringComparison.OrdinalIgnoreCase);

    private static void Validate(T body)
    {
        Dictionary<string, string[]>? errors = null;
        foreach (var field in body.InvalidFields())
            (errors ??= [])[field] = [T.Expected(field)];
        if (errors is not null)
            throw new InvalidRequestException(errors);
    }

    private static bool IsTaken(string field) => T.TypeInfo.Properties.Any(taken => taken.Name == field);

    private static string TakenFields() => string.Join(", ", T.TypeInfo.Properties.Select(taken => taken.Name));

    // An exception within means that the JSON itself is malformed, whichever field was the last to be seen; else the path says whose value
    // is wrong. A message of the serializer's own could name our types.
    private static Dictionary<string, string[]> Explain(JsonException malformed)
    {
        var field = malformed is { InnerException: not JsonException, Path: ['$', '.', .. var name] } ? name : null;
        return field is not null
            ? new() { [field] = [IsTaken(field) ? T.Expected(field) : $"is not one of the fields that can be given here: {TakenFields()}"] }
            : new() { ["body"] = ["is not a JSON object as expected here"] };
    }
}
