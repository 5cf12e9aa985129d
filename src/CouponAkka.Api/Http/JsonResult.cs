using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>Answers with JSON, without looking its type up.</summary>
public sealed class JsonResult<T>(
    T value, JsonTypeInfo<T> typeInfo, int statusCode = StatusCodes.Status200OK, string? location = null, string? etag = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (location is not null)
            httpContext.Response.Headers.Location = location;
        if (etag is not null)
            httpContext.Response.Headers.ETag = etag;
        JsonAnswer.Write(httpContext.Response, statusCode, "application/json; charset=utf-8", value, typeInfo);
        return Task.CompletedTask;
    }
}

/// <summary>
/// Writes an answer whole, with its length, and leaves sending it to the server: one send where a streamed body, which is
/// chunked, takes two.
/// </summary>
internal static class JsonAnswer
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void Write<T>(HttpResponse response, int statusCode, string contentType, T value, JsonTypeInfo<T> typeInfo)
    {
        JsonSerializer.Serialize(Writer(out var buffer), value, typeInfo);
        Send(response, statusCode, contentType, buffer);
    }

    public static void Write(HttpResponse response, Problem problem)
    {
        JsonSerializer.Serialize(Writer(out var buffer), problem, problem.TypeInfo);
        Send(response, problem.Status!.Value, Problem.ContentType, buffer);
    }

    private static Utf8JsonWriter Writer(out ArrayBufferWriter<byte> buffer)
    {
        buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        var writer = _writer ??= new Utf8JsonWriter(buffer);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        return writer;
    }

    private static void Send(HttpResponse response, int statusCode, string contentType, ArrayBufferWriter<byte> buffer)
    {
        response.StatusCode = statusCode;
        response.ContentType = contentType;
        response.ContentLength = buffer.WrittenCount;
        response.BodyWriter.Write(buffer.WrittenSpan);
    }
}
