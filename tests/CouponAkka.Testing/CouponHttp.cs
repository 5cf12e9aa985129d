using System.Net.Http.Json;
using System.Text.Json;

namespace CouponAkka.Testing;

/// <summary>A coupon over HTTP, as any client asks for it.</summary>
public static class CouponHttp
{
    /// <summary>Creates a coupon that can be had now; of <paramref name="total"/> units, or of any number.</summary>
    public static async Task CreateCouponAsync(this HttpClient http, long couponId, long? total)
    {
        using var answer = await http.PutAsJsonAsync($"/coupons/{couponId}", new
        {
            title = "Coupon",
            totalQuantity = total,
            discountAmount = 1_000,
            minAvailableAmount = 10_000,
            dateIssueStart = "2020-01-01T00:00:00Z",
            dateIssueEnd = "2500-01-01T00:00:00Z",
        });
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Asks for a unit; null if the connection broke before the answer.</summary>
    public static async Task<IssueAnswer?> TryIssueAsync(this HttpClient http, long couponId, long userId)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync($"/coupons/{couponId}/issues", new { userId });
            var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
            var held = body.TryGetProperty("ticket", out _) ? body : body.TryGetProperty("issue", out var issue) ? issue : default(JsonElement?);
            return new(
                userId,
                (int)answer.StatusCode,
                body.TryGetProperty("code", out var code) ? code.GetString()! : "",
                held?.GetProperty("ticket").GetInt64(),
                answer.Headers.RetryAfter is not null);
        }
        catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}

/// <summary>What a user was told who asked for a unit.</summary>
/// <param name="Code">The code of the refusal; empty for an issue.</param>
/// <param name="Ticket">Of the unit issued, or held already.</param>
public sealed record IssueAnswer(long UserId, int Status, string Code, long? Ticket, bool SaysWhenToComeAgain)
{
    public bool IsIssued => Status == 201;

    public bool IsUnknown => Code == "ISSUE_OUTCOME_UNKNOWN";
}
