using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CouponAkka.Api.Tests.GivenWhenThen;

/// <summary>What an answer must be, to the letter of the contract.</summary>
public static partial class Then
{
    public const string Json = "application/json; charset=utf-8";

    private static readonly string[] ProblemFields = ["type", "title", "status", "detail", "code", "traceId"];

    private static readonly string[] CouponFields =
    [
        "couponId", "title", "couponType", "totalQuantity", "issuedQuantity", "discountAmount", "minAvailableAmount",
        "dateIssueStart", "dateIssueEnd", "vendorId", "dateCreated", "dateUpdated",
    ];

    public static Answer Is(int status, Answer answer)
    {
        Assert.True(answer.Status == status, $"Expected {status}: {answer}");
        return answer;
    }

    public static JsonElement IsJson(int status, Answer answer)
    {
        Is(status, answer);
        Assert.Equal(Json, answer.ContentType);
        return answer.Json;
    }

    /// <summary>A refusal as RFC 9457 has it, with the contract's own members and no others.</summary>
    public static JsonElement IsProblem(int status, string code, Answer answer, params string[] others)
    {
        Is(status, answer);
        Assert.Equal("application/problem+json", answer.ContentType?.Split(';')[0]);
        var problem = answer.Json;
        HasFields(problem, [.. ProblemFields, .. others]);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        foreach (var text in (ReadOnlySpan<string>)["type", "title", "detail", "traceId"])
            Assert.NotEmpty(problem.GetProperty(text).GetString()!);
        // Where nothing was decided or known, and only there, it helps to come again.
        Assert.Equal(status is 429 or 503, answer.Headers.RetryAfter is not null);
        return problem;
    }

    /// <summary>A browser runs nothing of it, shows it in nobody's frame, and keeps no copy.</summary>
    public static void IsNothingForABrowser(Answer answer)
    {
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Contains("no-store", answer.Headers.GetValues("Cache-Control").Single(), StringComparison.Ordinal);
    }

    /// <summary>400, with messages for these fields and no others.</summary>
    public static void IsInvalid(Answer answer, params string[] fields)
    {
        var errors = IsProblem(400, "VALIDATION_FAILED", answer, "errors").GetProperty("errors");
        Assert.True(
            fields.Order().SequenceEqual(errors.EnumerateObject().Select(error => error.Name).Order()),
            $"Expected errors for {string.Join(", ", fields)}: {answer}");
        foreach (var error in errors.EnumerateObject())
            Assert.All(error.Value.EnumerateArray(), message => Assert.NotEmpty(message.GetString()!));
    }

    /// <summary>A coupon, all twelve fields of it, and one more while it is stopped.</summary>
    public static void IsCoupon(JsonElement coupon, long couponId, string policy, long issuedQuantity = 0, bool stopped = false)
    {
        HasFields(coupon, stopped ? [.. CouponFields, "stopped"] : CouponFields);
        Assert.True(!stopped || coupon.GetProperty("stopped").GetBoolean());
        Assert.Equal(couponId, coupon.GetProperty("couponId").GetInt64());
        Assert.Equal(issuedQuantity, coupon.GetProperty("issuedQuantity").GetInt64());
        foreach (var field in JsonElement.Parse(policy).EnumerateObject())
        {
            var actual = coupon.GetProperty(field.Name);
            if (field.Name.StartsWith("date", StringComparison.Ordinal))
                Assert.Equal(field.Value.GetDateTimeOffset(), Time(actual));
            else
                Assert.True(JsonElement.DeepEquals(field.Value, actual), $"{field.Name}: {coupon}");
        }

        Assert.True(Time(coupon.GetProperty("dateUpdated")) >= Time(coupon.GetProperty("dateCreated")));
    }

    /// <summary>An issue, all five fields of it, and one more while it is held for an order.</summary>
    public static void IsIssue(JsonElement issue, long couponId, long userId, long ticket, bool used = false, long? heldBy = null)
    {
        string[] fields = ["couponId", "userId", "ticket", "dateIssued", "dateUsed"];
        HasFields(issue, heldBy is null ? fields : [.. fields, "heldBy"]);
        Assert.True(heldBy is null || issue.GetProperty("heldBy").GetInt64() == heldBy);
        Assert.Equal(couponId, issue.GetProperty("couponId").GetInt64());
        Assert.Equal(userId, issue.GetProperty("userId").GetInt64());
        Assert.Equal(ticket, issue.GetProperty("ticket").GetInt64());
        var dateIssued = Time(issue.GetProperty("dateIssued"));
        if (used)
            Assert.True(Time(issue.GetProperty("dateUsed")) >= dateIssued);
        else
            Assert.Equal(JsonValueKind.Null, issue.GetProperty("dateUsed").ValueKind);
    }

    /// <summary>A page of a list; its items, and what to give as <c>after</c> for the next page.</summary>
    public static (IReadOnlyList<JsonElement> Items, JsonElement Next) IsPage(Answer answer)
    {
        var page = IsJson(200, answer);
        HasFields(page, ["items", "next"]);
        return ([.. page.GetProperty("items").EnumerateArray()], page.GetProperty("next"));
    }

    public static void HasFields(JsonElement json, params string[] fields) =>
        Assert.Equal(fields.Order(), json.EnumerateObject().Select(field => field.Name).Order());

    /// <summary>A time as the contract writes one: UTC, with milliseconds or finer, and <c>Z</c>.</summary>
    public static DateTimeOffset Time(JsonElement time)
    {
        Assert.Matches(UtcTime(), time.GetString());
        return DateTimeOffset.Parse(time.GetString()!, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z\z")]
    private static partial Regex UtcTime();
}
