using System.Text.Json;
using System.Text.RegularExpressions;
using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The OpenAPI document says what is, and its page stands on its own.</summary>
public sealed partial class OpenApiTests : IAsyncLifetime
{
    private static readonly string[] Contract =
    [
        "get /coupons", "get /coupons/{couponId}", "get /coupons/{couponId}/issues", "get /coupons/{couponId}/issues/{userId}",
        "get /coupons/{couponId}/status", "get /health/live", "get /health/ready", "get /hello", "get /users/{userId}/coupons", "patch /coupons/{couponId}",
        "post /coupons", "post /coupons/{couponId}/issues", "post /coupons/{couponId}/issues/{userId}/use",
        "post /coupons/{couponId}/resume", "post /coupons/{couponId}/stop", "post /v1/issue", "post /v1/issue-async",
        "post /v2/issue-async", "put /coupons/{couponId}",
        "get /vendors", "get /vendors/{vendorId}", "get /vendors/{vendorId}/payouts", "post /vendors/random", "put /vendors/{vendorId}",
        "get /products", "get /products/{productId}", "patch /products/{productId}", "post /products/random", "post /products/{productId}/restock",
        "put /products/{productId}", "get /orders/{orderId}", "get /users/{userId}/orders", "post /orders", "post /coupons/random", "post /users/random",
        "get /notifications", "get /notifications/stream", "get /webhooks", "post /webhooks", "delete /webhooks/{webhookId}",
    ];

    // The example of a webhook leads to a name that only the net knows.
    private readonly CouponService _service = CouponService.Start([("Webhooks:AllowPrivateTargets", "true")]);

    // Within the period of the examples.
    public OpenApiTests() => _service.Clock.Now = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task The_document_lists_every_call_of_the_contract()
    {
        var operations = await Operations();

        Assert.Equal(Contract.Order(StringComparer.Ordinal), operations.Select(operation => operation.Call).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_and_parameter_is_described()
    {
        foreach (var operation in await Operations())
        {
            Assert.NotEmpty(operation.Json.GetProperty("operationId").GetString()!);
            Assert.NotEmpty(operation.Json.GetProperty("summary").GetString()!);
            var parameters = operation.Json.TryGetProperty("parameters", out var given) ? given.EnumerateArray().ToList() : [];
            foreach (var parameter in parameters)
            {
                Assert.True(parameter.TryGetProperty("description", out _), $"{operation.Call}: {parameter}");
                Assert.True(parameter.TryGetProperty("schema", out _), $"{operation.Call}: {parameter}");
            }

            var inPath = parameters.Where(parameter => parameter.GetProperty("in").GetString() == "path").Select(parameter => parameter.GetProperty("name").GetString());
            Assert.Equal(PathParameter().Matches(operation.Path).Select(match => match.Groups[1].Value), inPath);
        }
    }

    [Fact]
    public async Task Every_body_and_every_answer_but_a_plain_one_has_an_example()
    {
        foreach (var operation in await Operations())
        {
            if (operation.Json.TryGetProperty("requestBody", out var body))
                Assert.True(body.GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _), operation.Call);
            foreach (var (status, mediaType, content) in Answers(operation))
                Assert.True(mediaType == "text/plain" || content.TryGetProperty("example", out _), $"{operation.Call} {status}");
        }
    }

    [Fact]
    public async Task Every_example_of_a_refusal_is_one_that_is_told()
    {
        foreach (var operation in await Operations())
        {
            foreach (var (status, _, content) in Answers(operation).Where(answer => answer.MediaType == "application/problem+json"))
            {
                var example = content.GetProperty("example");
                Assert.Equal(status, $"{example.GetProperty("status")}");
                foreach (var field in (string[])["type", "title", "detail", "code", "traceId"])
                    Assert.NotEmpty(example.GetProperty(field).GetString()!);
            }
        }
    }

    [Fact]
    public async Task Every_example_of_a_request_is_accepted_and_answered_as_its_example_says()
    {
        string[] first =
        [
            "put /coupons/{couponId}", "post /coupons", "patch /coupons/{couponId}", "post /coupons/{couponId}/stop", "post /coupons/{couponId}/resume", "post /coupons/{couponId}/issues",
            "get /coupons/{couponId}/issues/{userId}", "post /coupons/{couponId}/issues/{userId}/use", "put /products/{productId}", "post /orders",
            "post /webhooks", "get /webhooks", "delete /webhooks/{webhookId}",
        ];
        // Vendor 7 is that of this coupon.
        await _service.Given.Coupon(2);
        await _service.Given.Issue(2, 8);
        Then.Is(200, await _service.When.Post("/coupons/2/issues/8/use"));
        Then.Is(201, await _service.When.Put("/vendors/7", """{"name":"Half a chicken"}"""));
        await _service.Given.Eventually("/vendors/7/payouts", payouts => Then.IsPage(payouts).Items.Count == 1);
        var order = "";
        var operations = (await Operations()).OrderBy(operation => Array.IndexOf(first, operation.Call) is >= 0 and var place ? place : int.MaxValue);

        // A stream has no end.
        foreach (var operation in operations.Where(operation => operation.Call != "get /notifications/stream"))
        {
            if (operation.Call == "get /coupons")
                await _service.Given.ReadModelHas(1, 1);
            // The examples hold of user 7, coupon 1: the coupon and the issue that the first of them make.
            var path = operation.Path.Replace("{couponId}", "1", StringComparison.Ordinal).Replace("{productId}", "1", StringComparison.Ordinal)
                .Replace("/orders/{orderId}", order, StringComparison.Ordinal)
                .Replace("{userId}", "7", StringComparison.Ordinal).Replace("{vendorId}", "7", StringComparison.Ordinal)
                .Replace("{webhookId}", "1", StringComparison.Ordinal);
            var body = operation.Json.TryGetProperty("requestBody", out var request)
                ? When.Content(request.GetProperty("content").GetProperty("application/json").GetProperty("example").GetRawText())
                : null;

            var answer = await _service.When.Send(new(operation.Method), path, body, ("Idempotency-Key", operation.Call));
            if (operation.Call == "post /orders")
                order = answer.Location!;

            if (answer.Status == 204 && operation.Json.GetProperty("responses").TryGetProperty("204", out _))
                continue;
            var documented = Answers(operation).Where(content => content.Status == $"{answer.Status}").ToList();
            Assert.True(answer.Status is 200 or 201 or 202 && documented.Count == 1, answer.ToString());
            Assert.Equal(documented[0].MediaType, answer.ContentType?.Split(';')[0]);
            // On the course's paths the example succeeds, which only the first to ask for this user can.
            if (documented[0].MediaType == "application/json" && !operation.Call.StartsWith("post /v", StringComparison.Ordinal))
                HasTheShapeOf(documented[0].Content.GetProperty("example"), answer.Json, answer.ToString());
        }
    }

    [Theory]
    [InlineData("post /coupons", 201, 400, 401, 403, 413, 415, 429, 503)]
    [InlineData("put /coupons/{couponId}", 200, 201, 400, 401, 403, 409, 413, 415, 429, 503)]
    [InlineData("patch /coupons/{couponId}", 200, 400, 401, 403, 404, 409, 412, 413, 415, 429, 503)]
    [InlineData("post /coupons/{couponId}/stop", 200, 400, 401, 403, 404, 429, 503)]
    [InlineData("post /coupons/{couponId}/resume", 200, 400, 401, 403, 404, 429, 503)]
    [InlineData("get /coupons", 200, 400, 429, 503)]
    [InlineData("get /coupons/{couponId}", 200, 400, 404, 429, 503)]
    [InlineData("get /coupons/{couponId}/status", 200, 400, 404, 429, 503)]
    [InlineData("post /coupons/{couponId}/issues", 201, 400, 404, 409, 413, 415, 429, 503)]
    [InlineData("get /coupons/{couponId}/issues/{userId}", 200, 400, 404, 429, 503)]
    [InlineData("get /coupons/{couponId}/issues", 200, 400, 404, 429, 503)]
    [InlineData("get /users/{userId}/coupons", 200, 400, 429, 503)]
    [InlineData("post /coupons/{couponId}/issues/{userId}/use", 200, 400, 404, 409, 413, 415, 429, 503)]
    [InlineData("put /vendors/{vendorId}", 200, 201, 400, 401, 403, 413, 415, 429, 503)]
    [InlineData("post /vendors/random", 201, 401, 403, 429, 503)]
    [InlineData("get /vendors", 200, 400, 429, 503)]
    [InlineData("get /vendors/{vendorId}", 200, 400, 404, 429, 503)]
    [InlineData("get /vendors/{vendorId}/payouts", 200, 400, 404, 429, 503)]
    [InlineData("put /products/{productId}", 200, 201, 400, 401, 403, 409, 413, 415, 429, 503)]
    [InlineData("post /products/random", 201, 401, 403, 429, 503)]
    [InlineData("patch /products/{productId}", 200, 400, 401, 403, 404, 413, 415, 429, 503)]
    [InlineData("post /products/{productId}/restock", 200, 400, 401, 403, 404, 409, 413, 415, 429, 503)]
    [InlineData("get /products", 200, 400, 429, 503)]
    [InlineData("get /products/{productId}", 200, 400, 404, 429, 503)]
    [InlineData("post /orders", 202, 400, 404, 409, 413, 415, 429, 503)]
    [InlineData("get /orders/{orderId}", 200, 400, 404, 429, 503)]
    [InlineData("get /users/{userId}/orders", 200, 400, 429, 503)]
    [InlineData("post /users/random", 201, 429)]
    [InlineData("post /coupons/random", 201, 401, 403, 429, 503)]
    [InlineData("get /notifications", 200, 400, 429, 503)]
    [InlineData("get /notifications/stream", 200, 400, 429, 503)]
    [InlineData("post /webhooks", 201, 400, 401, 403, 409, 413, 415, 429, 503)]
    [InlineData("get /webhooks", 200, 401, 403, 429, 503)]
    [InlineData("delete /webhooks/{webhookId}", 204, 400, 401, 403, 404, 429, 503)]
    [InlineData("post /v1/issue", 200)]
    [InlineData("post /v1/issue-async", 200)]
    [InlineData("post /v2/issue-async", 200)]
    [InlineData("get /health/live", 200, 503)]
    [InlineData("get /health/ready", 200, 503)]
    public async Task Every_status_that_is_answered_is_documented(string call, params int[] statuses)
    {
        var operation = (await Operations()).Single(operation => operation.Call == call);

        Assert.Equal(statuses, operation.Json.GetProperty("responses").EnumerateObject().Select(response => int.Parse(response.Name, null)).Order());
    }

    [Fact]
    public async Task Every_operation_id_is_a_name_that_any_language_takes()
    {
        var ids = (await Operations()).Select(operation => operation.Json.GetProperty("operationId").GetString()!).ToList();

        Assert.All(ids, id => Assert.Matches("^[A-Z][A-Za-z0-9]*$", id));
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public async Task Admin_calls_need_the_key_by_a_scheme_that_is_declared_and_no_others_do()
    {
        foreach (var operation in await Operations())
        {
            var isAdmin = operation.Json.GetProperty("responses").TryGetProperty("401", out _);
            Assert.Equal(isAdmin ? """[{"ApiKey":[]}]""" : "[]", JsonSerializer.Serialize(operation.Json.GetProperty("security")));
        }

        var scheme = (await Document()).GetProperty("components").GetProperty("securitySchemes").GetProperty("ApiKey");
        Assert.Equal(("apiKey", "header", "X-Api-Key"), (scheme.GetProperty("type").GetString(), scheme.GetProperty("in").GetString(), scheme.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task The_server_is_where_the_document_came_from_whatever_host_was_asked_for()
    {
        var answer = await _service.When.Send(HttpMethod.Get, "/openapi/v1.json", null, ("Host", "evil.example"));

        Assert.Equal("""[{"url":"/"}]""", JsonSerializer.Serialize(Then.Is(200, answer).Json.GetProperty("servers")));
        Assert.DoesNotContain("evil.example", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_is_a_string_and_a_number_is_no_string()
    {
        var fields = (await Document()).GetProperty("components").GetProperty("schemas").EnumerateObject()
            .SelectMany(schema => schema.Value.TryGetProperty("properties", out var all) ? all.EnumerateObject() : [])
            .ToList();

        foreach (var field in fields)
        {
            var types = field.Value.TryGetProperty("type", out var type) ? type.ToString() : "";
            if (field.Name.StartsWith("date", StringComparison.Ordinal))
            {
                Assert.Contains("string", types, StringComparison.Ordinal);
                Assert.Equal("date-time", field.Value.GetProperty("format").GetString());
                Assert.False(field.Value.TryGetProperty("properties", out _), field.Name);
            }
            else if (types.Contains("integer", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("string", types, StringComparison.Ordinal);
                Assert.True(field.Value.TryGetProperty("minimum", out _) && field.Value.TryGetProperty("maximum", out _), field.Name);
            }
        }
    }

    [Fact]
    public async Task The_page_at_docs_needs_no_other_host()
    {
        var moved = await _service.When.Get("/docs");
        var page = moved.Status == 200 ? moved : await _service.When.Get("/docs/index.html");

        Assert.StartsWith("text/html", Then.Is(200, page).ContentType, StringComparison.Ordinal);
        var links = Link().Matches(page.Body).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(links);
        foreach (var link in links)
        {
            Assert.DoesNotMatch("^([a-z]+:)?//", link);
            Then.Is(200, await _service.When.Get("/docs/" + link.TrimStart('.', '/')));
        }

        var script = await _service.When.Get("/docs/index.js");
        Assert.Contains("/openapi/v1.json", page.Body + script.Body, StringComparison.Ordinal);
        Assert.DoesNotMatch("\"?validatorUrl\"?: ?[\"']http", page.Body + script.Body);
    }

    private static void HasTheShapeOf(JsonElement example, JsonElement actual, string where)
    {
        if (example.ValueKind == JsonValueKind.Object && actual.ValueKind == JsonValueKind.Object)
        {
            Assert.True(
                example.EnumerateObject().Select(field => field.Name).SequenceEqual(actual.EnumerateObject().Select(field => field.Name)), $"{example} {where}");
            // What stands in a notification's data differs with its kind.
            foreach (var field in example.EnumerateObject().Where(field => field.Name != "data"))
                HasTheShapeOf(field.Value, actual.GetProperty(field.Name), where);
        }
        else if (example.ValueKind == JsonValueKind.Array && actual.ValueKind == JsonValueKind.Array)
        {
            HasTheShapeOf(example[0], actual[0], where);
        }
        else if (example.ValueKind != JsonValueKind.Null && actual.ValueKind != JsonValueKind.Null)
        {
            Assert.True(example.ValueKind == actual.ValueKind, $"{example} {where}");
        }
    }

    private async Task<JsonElement> Document()
    {
        var answer = await _service.When.Get("/openapi/v1.json");
        Assert.Equal("application/json", Then.Is(200, answer).ContentType?.Split(';')[0]);
        return answer.Json;
    }

    private async Task<List<Operation>> Operations()
    {
        var document = await Document();
        return
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               select new Operation(operation.Name, path.Name, operation.Value),
        ];
    }

    private static IEnumerable<(string Status, string MediaType, JsonElement Content)> Answers(Operation operation) =>
        from response in operation.Json.GetProperty("responses").EnumerateObject()
        where response.Value.TryGetProperty("content", out _)
        from mediaType in response.Value.GetProperty("content").EnumerateObject()
        select (response.Name, mediaType.Name, mediaType.Value);

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex PathParameter();

    [GeneratedRegex(@"(?:src|href)=""([^""]+)""")]
    private static partial Regex Link();

    private sealed record Operation(string Method, string Path, JsonElement Json)
    {
        public string Call => $"{Method} {Path}";
    }
}
