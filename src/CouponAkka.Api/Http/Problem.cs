using System.Diagnostics;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CouponAkka.Api.Http;

/// <summary>A refusal as RFC 9457 has it, with a <c>code</c> for programs. An entity's own may have more fields.</summary>
public class Problem : ProblemDetails
{
    public const string ContentType = "application/problem+json";

    public required string Code { get; init; }

    public string? TraceId { get; set; }

    /// <summary>Field → messages, of a request that is not valid.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>What it is written with: that of its own type, so that no field is left out.</summary>
    internal virtual JsonTypeInfo TypeInfo => ProblemJsonContext.Default.Problem;

    public static Problem Invalid(IReadOnlyDictionary<string, string[]> errors) => Fill(
        new Problem { Code = "VALIDATION_FAILED", Errors = errors },
        400, "Not valid", "The request is malformed, or a field is missing or out of range.");

    /// <summary>Whoever is asked can't answer now, and has decided nothing.</summary>
    public static Problem Unavailable() => New(503, "UNAVAILABLE", "Unavailable", "Nothing was decided. Ask again in a moment.");

    /// <summary>What was decided may be in the journal or not.</summary>
    public static Problem OutcomeUnknown() =>
        New(503, "ISSUE_OUTCOME_UNKNOWN", "Outcome unknown", "The write may or may not have landed. Ask again: the answer will tell.");

    /// <summary>What was asked first under an <see cref="IdempotencyKey"/> stands, and is another thing.</summary>
    public static Problem KeyReused() =>
        New(409, "IDEMPOTENCY_KEY_REUSED", "Key used already", "Something else was asked under this Idempotency-Key. Take another key for another thing.");

    public static Problem Unauthenticated(string detail) => New(401, "UNAUTHENTICATED", "Not known", detail);

    public static Problem Forbidden(string detail) => New(403, "FORBIDDEN", "Not allowed", detail);

    /// <summary>The problem of a bare status, for what the framework itself refuses.</summary>
    public static Problem For(int status) => status switch
    {
        400 => New(400, "VALIDATION_FAILED", "Not valid", "The request is malformed."),
        401 => New(401, "UNAUTHENTICATED", "Key needed", "This call needs the header X-Api-Key."),
        403 => New(403, "FORBIDDEN", "Not allowed", "This call is for administrators."),
        404 => New(404, "NOT_FOUND", "Not found", "There is nothing at this path."),
        405 => New(405, "METHOD_NOT_ALLOWED", "Method not allowed", "This path does not take this method."),
        408 => New(408, "REQUEST_TIMEOUT", "Too slow", "The request did not arrive in time."),
        413 => New(413, "PAYLOAD_TOO_LARGE", "Body too large", "The body is over 16 KiB."),
        415 => New(415, "UNSUPPORTED_MEDIA_TYPE", "Not JSON", "The body must be application/json, not compressed."),
        429 => New(429, "TOO_MANY_REQUESTS", "Too many requests", "Nothing was decided. Ask again in a moment."),
        503 => Unavailable(),
        >= 500 => New(status, "INTERNAL_ERROR", "Internal error", "Something went wrong on our side; the log has it under this traceId."),
        _ => New(status, "REQUEST_FAILED", "Request failed", "The request can't be served."),
    };

    internal static Problem New(int status, string code, string title, string detail) => Fill(new Problem { Code = code }, status, title, detail);

    internal static TProblem Fill<TProblem>(TProblem problem, int status, string title, string detail)
        where TProblem : Problem
    {
        (problem.Status, problem.Title, problem.Detail) = (status, title, detail);
        problem.Type = "urn:couponakka:problem:" + problem.Code;
        return problem;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJsonContext : JsonSerializerContext;

/// <summary>A result that refuses, and says why to programs.</summary>
internal interface IRefusal
{
    string Code { get; }
}

/// <summary>Answers with a problem; says when to come again where that helps.</summary>
internal sealed class ProblemResult(Problem problem, string? etag = null) : IResult, IStatusCodeHttpResult, IRefusal
{
    public string Code => problem.Code;

    // Seconds: not the same for all, or a crowd that is sent away comes back as one.
    private static readonly string[] Soon = ["1", "2", "3"];

    public int? StatusCode => problem.Status;

    /// <summary>What ties an answer to the log.</summary>
    public static string TraceIdOf(HttpContext context) => Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        problem.TraceId = TraceIdOf(httpContext);
        if (etag is not null)
            httpContext.Response.Headers.ETag = etag;
        SayWhenToRetry(httpContext.Response, problem.Status!.Value);
        JsonAnswer.Write(httpContext.Response, problem);
        return Task.CompletedTask;
    }

    internal static void SayWhenToRetry(HttpResponse response, int status)
    {
        if (status == StatusCodes.Status429TooManyRequests)
            response.Headers.RetryAfter = Soon[Random.Shared.Next(Soon.Length)];
        else if (status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = "1";
    }
}
