using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace CouponAkka.Api.Http;

/// <summary>Answers with JSON, without looking its type up.</summary>
public sealed class JsonResult<T>(T value, JsonTypeInfo<T> typeInfo, int statusCode = StatusCodes.Status200OK, string? location = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = statusCode;
        if (location is not null)
            response.Headers.Location = location;
        return response.WriteAsJsonAsync(value, typeInfo, cancellationToken: httpContext.RequestAborted);
    }
}
