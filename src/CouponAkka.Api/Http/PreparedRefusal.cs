using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>
/// A refusal with nothing of its own but the trace id, put into JSON once for all: most of a crowd hears "sold out", and
/// that must cost no more than parsing what they asked.
/// </summary>
internal sealed class PreparedRefusal : IResult, IStatusCodeHttpResult, IRefusal
{
    private const string TraceIdGoesHere = "TRACE-ID";

    private readonly int _status;
    private readonly string _code;
    private readonly byte[] _untilTraceId;
    private readonly byte[] _afterTraceId;

    public PreparedRefusal(Problem problem)
    {
        _status = problem.Status!.Value;
        _code = problem.Code;
        problem.TraceId = TraceIdGoesHere;
        var parts = JsonSerializer.Serialize(problem, problem.TypeInfo).Split(TraceIdGoesHere);
        _untilTraceId = Encoding.UTF8.GetBytes(parts[0]);
        _afterTraceId = Encoding.UTF8.GetBytes(parts[1]);
    }

    public int? StatusCode => _status;

    public string Code => _code;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        // Hexadecimal digits and dashes, or what the server itself numbers requests by: nothing that JSON would escape.
        var traceId = ProblemResult.TraceIdOf(httpContext);
        var response = httpContext.Response;
        response.StatusCode = _status;
        response.ContentType = Problem.ContentType;
        var length = _untilTraceId.Length + traceId.Length + _afterTraceId.Length;
        response.ContentLength = length;
        ProblemResult.SayWhenToRetry(response, _status);
        var body = response.BodyWriter.GetSpan(length);
        _untilTraceId.CopyTo(body);
        Encoding.ASCII.GetBytes(traceId, body[_untilTraceId.Length..]);
        _afterTraceId.CopyTo(body[(_untilTraceId.Length + traceId.Length)..]);
        response.BodyWriter.Advance(length);
        return Task.CompletedTask;
    }
}
