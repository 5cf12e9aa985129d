using System.Net;
using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Identity;

/// <summary>
/// One line for each admin call, in a category of its own: who asked for what, and what they were answered. Of those that are refused for being too
/// many, one line a second says how many there were: nobody may fill the log.
/// </summary>
internal sealed partial class AdminAudit(ILoggerFactory logs)
{
    public const string Category = "CouponAkka.Audit";

    private readonly ILogger _log = logs.CreateLogger(Category);
    private long _tooMany;
    private long _saidAt = long.MinValue;

    /// <summary>Writes the line once the answer is out.</summary>
    public void Note(HttpContext context, string who)
    {
        var call = new Call(this, context, who, ProblemResult.TraceIdOf(context));
        context.Features.Set<IRefusalObserver>(call);
        context.Response.OnCompleted(static state => ((Call)state).WriteAsync(), call);
    }

    public void NoteOneOfTooMany(HttpContext context)
    {
        Interlocked.Increment(ref _tooMany);
        var (said, now) = (Interlocked.Read(ref _saidAt), Environment.TickCount64);
        if (now < said + 1000 || Interlocked.CompareExchange(ref _saidAt, now, said) != said)
            return;
        LogTooMany(Interlocked.Exchange(ref _tooMany, 0), context.Connection.RemoteIpAddress, ProblemResult.TraceIdOf(context));
    }

    /// <summary>An endpoint's filter: remembers the code of what it refuses.</summary>
    public static async ValueTask<object?> NoteOutcomeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var result = await next(invocation);
        if (result is IRefusal refusal)
            Refusals.Note(invocation.HttpContext, refusal.Code);
        return result;
    }

    private sealed class Call(AdminAudit audit, HttpContext context, string who, string traceId) : IRefusalObserver
    {
        private readonly IPAddress? _address = context.Connection.RemoteIpAddress;
        private readonly string _method = context.Request.Method;
        // As it was sent: decoded, a path could end our line and begin another.
        private readonly string _path = context.Request.Path.ToUriComponent();

        private string _code = "OK";

        public void OnRefused(string code) => _code = code;

        public Task WriteAsync()
        {
            var status = context.Response.StatusCode;
            if (status < StatusCodes.Status400BadRequest)
                audit.LogAllowed(who, _address, _method, _path, status, _code, traceId);
            else
                audit.LogRefused(who, _address, _method, _path, status, _code, traceId);
            return Task.CompletedTask;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Who} from {Address}: {Method} {Path} was answered {Status} {Code} ({TraceId}).")]
    private partial void LogAllowed(string who, IPAddress? address, string method, string path, int status, string code, string traceId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Who} from {Address}: {Method} {Path} was refused with {Status} {Code} ({TraceId}).")]
    private partial void LogRefused(string who, IPAddress? address, string method, string path, int status, string code, string traceId);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Count} admin calls were refused with 429 TOO_MANY_REQUESTS, the last from {Address} ({TraceId}): too many from there were refused before.")]
    private partial void LogTooMany(long count, IPAddress? address, string traceId);
}
