using System.Net.Http.Headers;
using System.Text.Json;

namespace CouponAkka.Api.Tests.GivenWhenThen;

/// <summary>What came back.</summary>
public sealed record Answer(string Request, int Status, string? ContentType, HttpResponseHeaders Headers, string Body, string? AllowedMethods)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public string? Location => Headers.Location?.OriginalString;

    public static async Task<Answer> Of(HttpResponseMessage response)
    {
        var request = response.RequestMessage!;
        return new(
            $"{request.Method} {request.RequestUri!.OriginalString}",
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.ToString(),
            response.Headers,
            await response.Content.ReadAsStringAsync(),
            response.Content.Headers.TryGetValues("Allow", out var allowed) ? string.Join(", ", allowed) : null);
    }

    public override string ToString() => $"{Request} → {Status} {ContentType} {Body}";
}
