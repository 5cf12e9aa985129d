using System.Diagnostics;
using System.Text.Json.Serialization;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Identity;
using CouponAkka.Domain.Coupons;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CouponAkka.Api.Http;

/// <summary>A refusal as RFC 9457 has it, with a <c>code</c> for programs.</summary>
public sealed class Problem : ProblemDetails
{
    public const string ContentType = "application/problem+json";

    public required string Code { get; init; }

    public string? TraceId { get; set; }

    /// <summary>What the user holds already, where that is why they are refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IssueJson? Issue { get; init; }

    /// <summary>The coupon as it is, where the caller knows an older one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CouponJson? Coupon { get; init; }

    /// <summary>Field → messages, of a request that is not valid.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    public static Problem For(Refused refused) => For(refused.Reason, refused.Issue, refused.Coupon);

    public static Problem For(RefusalReason reason, CouponIssue? issue = null, CouponView? coupon = null) => reason switch
    {
        RefusalReason.CouponNotExist =>
            New(404, RefusalCode.Of(reason), "No such coupon", "There is no coupon with this id."),
        RefusalReason.IssueNotExist =>
            New(404, RefusalCode.Of(reason), "No such issue", "This user does not hold this coupon."),
        RefusalReason.CouponAlreadyExist =>
            New(409, RefusalCode.Of(reason), "Another policy stands", "A coupon with this id exists already, with another policy."),
        RefusalReason.DuplicatedIssue =>
            New(409, RefusalCode.Of(reason), "Issued already", "This user holds this coupon already.", issue),
        RefusalReason.SoldOut =>
            New(409, RefusalCode.Of(reason), "Sold out", "Every unit of this coupon has been issued."),
        RefusalReason.TotalBelowIssued =>
            New(409, RefusalCode.Of(reason), "Total too low", "More units than this total have been issued already."),
        RefusalReason.OutsidePeriod =>
            New(409, RefusalCode.Of(reason), "Not in the period", "This coupon is not issued at this time."),
        RefusalReason.Stopped =>
            New(409, RefusalCode.Of(reason), "Stopped", "Nobody is issued this coupon for now: its issuing is stopped."),
        RefusalReason.CouponChanged =>
            New(412, RefusalCode.Of(reason), "Changed meanwhile", "This coupon is no longer the one that If-Match names. Look at it as it is, and change that.", coupon: coupon),
        RefusalReason.AlreadyUsed =>
            New(409, RefusalCode.Of(reason), "Used already", "This user has used this coupon already.", issue),
        RefusalReason.OrderTooSmall =>
            New(409, RefusalCode.Of(reason), "Order too small", "The order is below the coupon's smallest amount."),
        RefusalReason.InvalidPeriod =>
            Invalid(new Dictionary<string, string[]> { ["dateIssueEnd"] = [Fields.Expected("dateIssueEnd")] }),
        RefusalReason.OutcomeUnknown =>
            New(503, RefusalCode.Of(reason), "Outcome unknown", "The write may or may not have landed. Ask again: the answer will tell."),
        RefusalReason.Unavailable =>
            New(503, RefusalCode.Of(reason), "Unavailable", "Nothing was decided. Ask again in a moment."),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "There is no problem for this reason."),
    };

    public static Problem Invalid(IReadOnlyDictionary<string, string[]> errors) => new()
    {
        Status = 400,
        Code = "VALIDATION_FAILED",
        Type = TypeOf("VALIDATION_FAILED"),
        Title = "Not valid",
        Detail = "The request is malformed, or a field is missing or out of range.",
        Errors = errors,
    };

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
        503 => For(RefusalReason.Unavailable),
        >= 500 => New(status, "INTERNAL_ERROR", "Internal error", "Something went wrong on our side; the log has it under this traceId."),
        _ => New(status, "REQUEST_FAILED", "Request failed", "The request can't be served."),
    };

    private static Problem New(int status, string code, string title, string detail, CouponIssue? issue = null, CouponView? coupon = null) => new()
    {
        Status = status,
        Code = code,
        Type = TypeOf(code),
        Title = title,
        Detail = detail,
        Issue = issue is null ? null : IssueJson.From(issue),
        Coupon = coupon is null ? null : CouponJson.From(coupon),
    };

    private static string TypeOf(string code) => "urn:couponakka:problem:" + code;
}

/// <summary>Answers with a problem; says when to come again where that helps.</summary>
public sealed class ProblemResult(Problem problem, string? etag = null) : IResult, IStatusCodeHttpResult, IRefusal
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
        JsonAnswer.Write(httpContext.Response, problem.Status.Value, Problem.ContentType, problem, ApiJson.Default.Problem);
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
