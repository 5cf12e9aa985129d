using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>
/// A request whose body comes slowly waits for the rest of it here, where it is in nobody's way, and not in one of the places of those that are
/// worked on. How slowly it may come, and how large it may be, Kestrel says.
/// </summary>
internal static class WholeBody
{
    public static void UseWholeBody(this IApplicationBuilder app) => app.Use((context, next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<BodyOf>() is null || HasCome(context.Request)
        // What is not JSON is refused as it is.
        || !context.Request.HasJsonContentType()
            ? next(context)
            : WaitAsync(context, next));

    // To look is to say that one wants it, which who expects to be told that has not yet sent.
    private static bool HasCome(HttpRequest request)
    {
        if (request.Headers.Expect.Count > 0 || !request.BodyReader.TryRead(out var read))
            return false;
        request.BodyReader.AdvanceTo(read.Buffer.Start, read.IsCompleted ? read.Buffer.Start : read.Buffer.End);
        return read.IsCompleted;
    }

    private static async Task WaitAsync(HttpContext context, RequestDelegate next)
    {
        var body = context.Request.BodyReader;
        ReadResult read;
        do
        {
            read = await body.ReadAsync(context.RequestAborted);
            body.AdvanceTo(read.Buffer.Start, read.IsCompleted ? read.Buffer.Start : read.Buffer.End);
        }
        while (!read.IsCompleted);
        await next(context);
    }
}
