using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Http;

/// <summary>Turns what was refused before or beside an endpoint into the answer that the endpoint would give.</summary>
internal static class Refusals
{
    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        Note(context, problem.Code);
        return AlwaysOkOf(context) is { } always ? always.Failed.ExecuteAsync(context) : new ProblemResult(problem).ExecuteAsync(context);
    }

    /// <summary>Tells whoever keeps account of this request, if anybody does, that it was refused, and why.</summary>
    public static void Note(HttpContext context, string code) => context.Features.Get<IRefusalObserver>()?.OnRefused(code);

    private static AlwaysOk? AlwaysOkOf(HttpContext context) =>
        context.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<AlwaysOk>()
        ?? context.GetEndpoint()?.Metadata.GetMetadata<AlwaysOk>();
}

/// <summary>A feature of a request that somebody keeps account of.</summary>
internal interface IRefusalObserver
{
    void OnRefused(string code);
}

/// <summary>Marks an endpoint that answers 200 whatever happens, so that what is refused before it is 200 too: with this.</summary>
internal sealed record AlwaysOk(IResult Failed);

/// <summary>Answers an exception with a problem that tells nothing of our insides.</summary>
internal sealed partial class ExceptionRefusal(ILogger<ExceptionRefusal> log, TimeProvider clock) : IExceptionHandler
{
    // All who ask meanwhile are answered the same, and would say the same.
    private static readonly TimeSpan SaidOnce = TimeSpan.FromSeconds(10);

    private long _unavailableSaid;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // They were cleared with all that had been written.
        SecurityHeaders.Set(httpContext.Response);
        await Refusals.WriteAsync(httpContext, exception switch
        {
            InvalidRequestException invalid => Problem.Invalid(invalid.Errors),
            BadHttpRequestException bad => Problem.For(bad.StatusCode),
            ReadModelUnavailableException unavailable => Unavailable(httpContext, unavailable),
            _ => InternalError(httpContext, exception),
        });
        return true;
    }

    private Problem Unavailable(HttpContext context, ReadModelUnavailableException unavailable)
    {
        var before = Volatile.Read(ref _unavailableSaid);
        if ((before == 0 || clock.GetElapsedTime(before) >= SaidOnce)
            && Interlocked.CompareExchange(ref _unavailableSaid, clock.GetTimestamp(), before) == before)
        {
            LogUnavailable(ProblemResult.TraceIdOf(context), unavailable.Message, SaidOnce.TotalSeconds);
        }

        return Problem.Unavailable();
    }

    // ASP.NET logs no exception that a handler has taken, so this is the only trace of it.
    private Problem InternalError(HttpContext context, Exception bug)
    {
        LogBug(bug, ProblemResult.TraceIdOf(context), context.Request.Method, context.Request.Path);
        return Problem.For(StatusCodes.Status500InternalServerError);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{TraceId}: {Reason} Whoever else is answered UNAVAILABLE because of it within {Seconds} s is not logged.")]
    private partial void LogUnavailable(string traceId, string reason, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "{TraceId}: {Method} {Path} failed.")]
    private partial void LogBug(Exception bug, string traceId, string method, string path);
}
