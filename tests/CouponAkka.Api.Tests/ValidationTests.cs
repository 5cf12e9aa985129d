using System.Text;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>What is not as the contract says is refused, and the answer names the field.</summary>
public sealed class ValidationTests(SharedService shared) : ApiTests(shared)
{
    private const long TooLarge = 9007199254740992;

    private static readonly string[] NoInteger =
        ["\"5\"", "1.5", "1.0", "1e2", "-1", $"{TooLarge}", "9223372036854775808", "1" + new string('0', 30), "1e400", "true", "\"\"", "{}", "[1]"];

    private static readonly string[] NoId = [.. NoInteger, "0"];

    private static readonly string[] NoTitle = ["null", "1", "true", "[]", "{}", "\"\"", $"\"{new string('x', 256)}\"", "\"\\ud83c\"", "\"\\udf9f\\ud83c\"",
        "\"   \"", "\"\\u3000\"", "\"a\\u0000b\"", "\"a\\nb\"", "\"a\\u0085b\"", "\"a\\u2028b\"", "\"\\u202egnp.exe\"", "\"\\u2066a\""];

    private static readonly string[] NoTime =
    [
        "null", "0", "1767225600", "true", "{}", "\"\"", "\"soon\"", "\"2026-01-01\"", "\"2026-01-01T00:00:00\"", "\"2026-01-01T00:00Z\"",
        "\"2026-01-01 00:00:00Z\"", "\"2026-13-01T00:00:00Z\"", "\"2026-02-30T00:00:00Z\"", "\"2026-01-01T00:00:00+24:00\"", "\"2026-01-01T00:00:00+00:60\"", "\"2026-01-01T00:00:00.Z\"",
        "\"0001-01-01T00:00:00+01:00\"", "\"9999-12-31T23:59:59-01:00\"", "\"12026-01-01T00:00:00Z\"", "\" 2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00Z\\n\"",
        "\"\\u0662\\u0660\\u0662\\u0666-01-01T00:00:00Z\"",
    ];

    public static TheoryData<string, string[]> BadPolicyValues { get; } = new()
    {
        { "title", NoTitle },
        { "couponType", ["\"\"", "\"LOTTERY\"", "\"first_come_first_served\"", "1", "{}"] },
        { "totalQuantity", [.. NoInteger, "1073741825"] },
        { "discountAmount", [.. NoInteger, "null"] },
        { "minAvailableAmount", [.. NoInteger, "null"] },
        { "dateIssueStart", NoTime },
        { "dateIssueEnd", [.. NoTime, Policy.Fields["dateIssueStart"], "\"2019-12-31T23:59:59Z\"", "\"2020-01-01T01:00:00+01:00\""] },
        { "vendorId", NoId },
    };

    public static TheoryData<string, string[]> BadChanges { get; } = new()
    {
        { "title", NoTitle },
        { "totalQuantity", [.. NoInteger, "1073741825"] },
        { "dateIssueStart", NoTime },
        { "dateIssueEnd", NoTime },
        { "discountAmount", ["1"] },
        { "minAvailableAmount", ["1"] },
        { "couponType", ["\"FIRST_COME_FIRST_SERVED\""] },
        { "vendorId", ["null"] },
        { "couponId", ["1"] },
        { "issuedQuantity", ["0"] },
        { "dateCreated", ["\"2020-01-01T00:00:00Z\""] },
        { "totalQuantitiy", ["5"] },
        { "Title", ["\"x\""] },
    };

    public static TheoryData<string> BadIds { get; } =
        ["0", "-1", "+1", "1.0", "1e3", $"{TooLarge}", "9223372036854775808", new('9', 400), "abc", "0x1", "%20", "%201", "1%20", "%2B1", "%D9%A1", "1,000", "null", "*", "%27", "%FF", "%F0%9F%8E%9F"];

    [Theory]
    [MemberData(nameof(BadPolicyValues))]
    public async Task A_policy_with_a_bad_value_is_refused(string field, string[] values)
    {
        foreach (var value in values)
        {
            Then.IsInvalid(await When.Post("/coupons", Policy.With((field, value))), field);
            Then.IsInvalid(await When.Put($"/coupons/{Given.NewCouponId()}", Policy.With((field, value))), field);
        }
    }

    [Theory]
    [InlineData("title")]
    [InlineData("totalQuantity")]
    [InlineData("discountAmount")]
    [InlineData("minAvailableAmount")]
    [InlineData("dateIssueStart")]
    [InlineData("dateIssueEnd")]
    public async Task A_policy_with_a_field_missing_is_refused(string field) =>
        Then.IsInvalid(await When.Post("/coupons", Policy.Without(field)), field);

    [Fact]
    public async Task Every_field_that_is_missing_or_out_of_range_is_named_at_once()
    {
        Then.IsInvalid(await When.Post("/coupons", "{}"), "title", "totalQuantity", "discountAmount", "minAvailableAmount", "dateIssueStart", "dateIssueEnd");
        Then.IsInvalid(
            await When.Post("/coupons", Policy.With(("title", "\"\""), ("couponType", "\"X\""), ("totalQuantity", "-1"), ("discountAmount", "-1"), ("minAvailableAmount", "-1"), ("vendorId", "0"))),
            "title", "couponType", "totalQuantity", "discountAmount", "minAvailableAmount", "vendorId");
    }

    [Theory]
    [MemberData(nameof(BadChanges))]
    public async Task A_change_to_a_bad_value_or_of_a_field_that_may_not_change_is_refused(string field, string[] values)
    {
        var couponId = await Given.Coupon();

        foreach (var value in values)
            Then.IsInvalid(await When.Patch($"/coupons/{couponId}", $$"""{"{{field}}":{{value}}}"""), field);
        Then.IsInvalid(await When.Patch($"/coupons/{couponId}", $$"""{"title":"changed","{{field}}":{{values[0]}}}"""), field);
        Then.Is(200, await When.Put($"/coupons/{couponId}", Policy.With()));
    }

    [Theory]
    [InlineData("discountAmount", "5")]
    [InlineData("vendorId", "3")]
    [InlineData("couponType", "\"FIRST_COME_FIRST_SERVED\"")]
    public async Task A_field_that_may_not_change_is_told_what_may(string field, string value)
    {
        var couponId = await Given.Coupon();

        var answer = await When.Patch($"/coupons/{couponId}", $$"""{"{{field}}":{{value}}}""");

        Then.IsInvalid(answer, field);
        Assert.Equal(
            "is not one of the fields that can be given here: title, totalQuantity, dateIssueStart, dateIssueEnd",
            answer.Json.GetProperty("errors").GetProperty(field)[0].GetString());
    }

    [Fact]
    public async Task A_bad_user_is_refused()
    {
        var couponId = await Given.Coupon();

        foreach (var value in NoId.Append("null"))
            Then.IsInvalid(await When.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{value}}}"""), "userId");
        Then.IsInvalid(await When.Post($"/coupons/{couponId}/issues", "{}"), "userId");
        Then.IsInvalid(await When.Post($"/coupons/{couponId}/issues", """{"UserId":1}"""), "userId");
    }

    [Fact]
    public async Task A_bad_order_amount_is_refused()
    {
        var couponId = await Given.Coupon(("minAvailableAmount", "0"));
        await Given.Issue(couponId, 1);

        foreach (var value in NoInteger)
            Then.IsInvalid(await When.Post($"/coupons/{couponId}/issues/1/use", $$"""{"orderAmount":{{value}}}"""), "orderAmount");
        Then.IsIssue(Then.IsJson(200, await When.Get($"/coupons/{couponId}/issues/1")), couponId, userId: 1, ticket: 1);
    }

    [Theory]
    [MemberData(nameof(BadIds))]
    public async Task A_bad_id_in_the_path_is_refused(string id)
    {
        Then.IsInvalid(await When.Put($"/coupons/{id}", Policy.With()), "couponId");
        Then.IsInvalid(await When.Patch($"/coupons/{id}", "{}"), "couponId");
        Then.IsInvalid(await When.Get($"/coupons/{id}"), "couponId");
        Then.IsInvalid(await When.Get($"/coupons/{id}/status"), "couponId");
        Then.IsInvalid(await When.Post($"/coupons/{id}/issues", """{"userId":1}"""), "couponId");
        Then.IsInvalid(await When.Get($"/coupons/{id}/issues"), "couponId");
        Then.IsInvalid(await When.Get($"/coupons/{id}/issues/1"), "couponId");
        Then.IsInvalid(await When.Get($"/coupons/1/issues/{id}"), "userId");
        Then.IsInvalid(await When.Post($"/coupons/{id}/issues/1/use"), "couponId");
        Then.IsInvalid(await When.Post($"/coupons/1/issues/{id}/use"), "userId");
        Then.IsInvalid(await When.Get($"/users/{id}/coupons"), "userId");
    }

    [Fact]
    public async Task A_path_without_an_id_is_no_path()
    {
        Then.IsProblem(404, "NOT_FOUND", await When.Get("/coupons//status"));
        Then.IsProblem(404, "NOT_FOUND", await When.Post("/coupons//issues", """{"userId":1}"""));
        Then.IsProblem(404, "NOT_FOUND", await When.Get("/users//coupons"));
    }

    [Fact]
    public async Task What_is_no_http_is_refused_before_it_is_read()
    {
        // By Kestrel itself, which gives no body.
        Then.Is(400, await When.Get("/coupons/%00"));
        Then.Is(400, await When.Get("/coupons/1%00"));
        Then.Is(414, await When.Get("/coupons/" + new string('9', 10_000)));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[{\"userId\":1}]")]
    [InlineData("1")]
    [InlineData("\"userId\"")]
    [InlineData("true")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{\"userId\":1")]
    [InlineData("{\"userId\":")]
    [InlineData("{\"userId\"")]
    [InlineData("{\"userId\":1}}")]
    [InlineData("{\"userId\":1} {}")]
    [InlineData("{\"userId\":1,}")]
    [InlineData("{userId:1}")]
    [InlineData("{'userId':1}")]
    [InlineData("{\"userId\":NaN}")]
    [InlineData("{\"userId\":01}")]
    [InlineData("{\"userId\":+1}")]
    [InlineData("{\"userId\":1/**/}")]
    [InlineData("{\"userId\":1}//")]
    [InlineData("userId=1")]
    [InlineData("<userId>1</userId>")]
    public async Task A_malformed_body_is_refused_as_a_whole(string body)
    {
        var couponId = await Given.Coupon();

        // Null leaves a body out where it may be.
        foreach (var (method, path) in CallsWithBody(couponId).Where(call => body != "null" || !call.Path.EndsWith("/use", StringComparison.Ordinal)))
        {
            var answer = await When.Send(method, path, When.Content(body));
            // A change refuses a field that it does not know as soon as it meets it, and may get no further.
            if (method == HttpMethod.Patch && body.Contains("\"userId\"", StringComparison.Ordinal))
                Then.IsProblem(400, "VALIDATION_FAILED", answer, "errors");
            else
                Then.IsInvalid(answer, "body");
        }
    }

    [Fact]
    public async Task A_body_left_out_is_refused_where_one_is_needed()
    {
        var couponId = await Given.Coupon();

        foreach (var (method, path) in CallsWithBody(couponId).Where(call => !call.Path.EndsWith("/use", StringComparison.Ordinal)))
        {
            Then.IsInvalid(await When.Send(method, path, When.Content("")), "body");
            Then.IsProblem(415, "UNSUPPORTED_MEDIA_TYPE", await When.Send(method, path));
        }
    }

    [Fact]
    public async Task A_field_told_twice_is_refused()
    {
        var couponId = await Given.Coupon();
        await Given.Issue(couponId, 1);

        Then.IsProblem(400, "VALIDATION_FAILED", await When.Post($"/coupons/{couponId}/issues", """{"userId":2,"userId":3}"""), "errors");
        Then.IsProblem(400, "VALIDATION_FAILED", await When.Post($"/coupons/{couponId}/issues/1/use", """{"orderAmount":1,"orderAmount":99999}"""), "errors");
        Then.IsProblem(400, "VALIDATION_FAILED", await When.Patch($"/coupons/{couponId}", """{"title":"a","title":"b"}"""), "errors");
        Then.IsProblem(400, "VALIDATION_FAILED", await When.Post("/coupons", Policy.With(("title", "\"a\",\"title\":\"b\""))), "errors");
    }

    [Fact]
    public async Task A_body_nested_too_deeply_is_refused()
    {
        var couponId = await Given.Coupon();
        string[] bodies = [new('[', 8_000), new string('[', 4_000) + new string(']', 4_000), Nested("\"more\"", 1_000), Nested("\"userId\"", 1_000)];

        foreach (var (method, path) in CallsWithBody(couponId))
        {
            foreach (var body in bodies)
                Then.IsProblem(400, "VALIDATION_FAILED", await When.Send(method, path, When.Content(body)), "errors");
        }

        static string Nested(string field, int depth) =>
            string.Concat(Enumerable.Repeat($$"""{{{field}}:""", depth)) + "1" + new string('}', depth);
    }

    [Fact]
    public async Task Bytes_that_are_no_utf_8_are_refused()
    {
        var couponId = await Given.Coupon();
        byte[][] bodies =
        [
            [.. """{"title":"""u8, (byte)'"', 0xFF, 0xFE, (byte)'"', .. ""","userId":1}"""u8],
            [.. """{"title":"""u8, (byte)'"', 0xC0, 0x80, (byte)'"', .. ""","userId":1}"""u8],
            [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("""{"title":"x","userId":1}""")],
            [0x80],
            [0],
        ];

        foreach (var body in bodies)
        {
            Then.IsProblem(400, "VALIDATION_FAILED", await When.Send(HttpMethod.Post, "/coupons", When.Content(body)), "errors");
            Then.IsProblem(400, "VALIDATION_FAILED", await When.Send(HttpMethod.Patch, $"/coupons/{couponId}", When.Content(body)), "errors");
        }
    }

    [Fact]
    public async Task A_byte_order_mark_and_fields_not_known_are_passed_over()
    {
        var couponId = await Given.Coupon();

        Then.Is(201, await When.Post($"/coupons/{couponId}/issues", "\ufeff{\"userId\":1}"));
        Then.Is(201, await When.Post($"/coupons/{couponId}/issues", """{"userId":2,"name":"Kim"}"""));
    }

    [Fact]
    public async Task A_body_that_is_not_json_is_refused()
    {
        var couponId = await Given.Coupon();

        foreach (var (method, path) in CallsWithBody(couponId))
        {
            foreach (var contentType in (string?[])["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonx", "json", "*/*", null])
                Then.IsProblem(415, "UNSUPPORTED_MEDIA_TYPE", await When.Send(method, path, When.Content("{}", contentType)));
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, gzip")]
    public async Task A_compressed_body_is_not_read(string encoding)
    {
        var couponId = await Given.Coupon();
        foreach (var (method, path) in CallsWithBody(couponId))
        {
            var body = When.Content([0x1f, 0x8b, 0x08]);
            body.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            Then.IsProblem(415, "UNSUPPORTED_MEDIA_TYPE", await When.Send(method, path, body));
        }

        var plain = When.Content("""{"userId":1}""");
        plain.Headers.TryAddWithoutValidation("Content-Encoding", "identity");
        Then.Is(201, await When.Send(HttpMethod.Post, $"/coupons/{couponId}/issues", plain));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("application/json; charset=none")]
    [InlineData("Application/JSON")]
    [InlineData("application/json; v=1")]
    public async Task Json_is_understood_however_it_is_called(string contentType)
    {
        var couponId = await Given.Coupon();

        Then.Is(201, await When.Post($"/coupons/{couponId}/issues", """{"userId":1}""", contentType));
    }

    [Fact]
    public async Task A_body_over_16_kib_is_refused()
    {
        var couponId = await Given.Coupon();
        var path = $"/coupons/{couponId}/issues";

        Then.Is(201, await When.Send(HttpMethod.Post, path, When.Content(OfSize(16 * 1024, userId: 1))));
        // What frames the chunks counts too.
        Then.Is(201, await When.Send(HttpMethod.Post, path, When.Chunked(Encoding.UTF8.GetBytes(OfSize((16 * 1024) - 20, userId: 2)))));
        Then.IsProblem(413, "PAYLOAD_TOO_LARGE", await When.Send(HttpMethod.Post, path, When.Content(OfSize((16 * 1024) + 1, userId: 3))));
        Then.IsProblem(413, "PAYLOAD_TOO_LARGE", await When.Send(HttpMethod.Post, path, When.Chunked(Encoding.UTF8.GetBytes(OfSize(18 * 1024, userId: 4)))));
        foreach (var (method, other) in CallsWithBody(couponId))
            Then.IsProblem(413, "PAYLOAD_TOO_LARGE", await When.Send(method, other, When.Content(OfSize(17 * 1024, userId: 5))));
        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", await When.Get($"{path}/3"));
        Then.IsProblem(404, "COUPON_ISSUE_NOT_EXIST", await When.Get($"{path}/4"));

        static string OfSize(int size, long userId)
        {
            var json = $$"""{"userId":{{userId}}}""";
            return json + new string(' ', size - json.Length);
        }
    }

    [Theory]
    [InlineData("DELETE", "/coupons")]
    [InlineData("PUT", "/coupons")]
    [InlineData("PATCH", "/coupons")]
    [InlineData("POST", "/coupons/1")]
    [InlineData("DELETE", "/coupons/1")]
    [InlineData("POST", "/coupons/1/status")]
    [InlineData("PUT", "/coupons/1/issues")]
    [InlineData("DELETE", "/coupons/1/issues/1")]
    [InlineData("GET", "/coupons/1/issues/1/use")]
    [InlineData("POST", "/users/1/coupons")]
    [InlineData("POST", "/hello")]
    [InlineData("GET", "/v1/issue")]
    [InlineData("BREW", "/coupons")]
    public async Task A_method_that_a_path_does_not_take_is_refused(string method, string path) =>
        Then.IsProblem(405, "METHOD_NOT_ALLOWED", await When.Send(new(method), path));

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/coupons/1/nothing")]
    [InlineData("/coupons/1/issues/1/nothing")]
    [InlineData("/users")]
    [InlineData("/users/1")]
    [InlineData("/v3/issue")]
    [InlineData("/bench/parse-only")]
    [InlineData("/appsettings.json")]
    [InlineData("/../journal.db")]
    [InlineData("/%2e%2e/journal.db")]
    public async Task A_path_that_is_not_there_is_not_found(string path) =>
        Then.IsProblem(404, "NOT_FOUND", await When.Get(path));

    private static IEnumerable<(HttpMethod Method, string Path)> CallsWithBody(long couponId) =>
    [
        (HttpMethod.Post, "/coupons"),
        (HttpMethod.Put, $"/coupons/{couponId}"),
        (HttpMethod.Patch, $"/coupons/{couponId}"),
        (HttpMethod.Post, $"/coupons/{couponId}/issues"),
        (HttpMethod.Post, $"/coupons/{couponId}/issues/1/use"),
    ];
}
