using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CouponAkka.Api.Tests.GivenWhenThen;
using Json.Schema;

namespace CouponAkka.Api.Tests;

/// <summary>
/// The OpenAPI document says what the server does: what its schemas allow is taken, what they forbid by a little is refused, and every answer fits
/// what is documented of it.
/// </summary>
public sealed class DocumentFuzzTests
{
    private const int RequestsOfEach = 100;
    private const int AtOnce = 8;

    [Fact]
    public async Task What_the_document_allows_is_taken_and_what_it_forbids_is_refused()
    {
        await using var service = CouponService.Start();
        var document = new Document((await service.When.Get("/openapi/v1.json")).Json);
        await service.Given.Coupon(1, ("totalQuantity", "null"), ("minAvailableAmount", "0"));
        await service.Given.Issue(1, 1);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var statuses = new SortedSet<int>();

        // On the course's paths a coupon that was stopped meanwhile is refused as what is not valid is.
        // A stream has no end, and webhooks lead to names that only the net knows: tests of their own ask those.
        foreach (var operation in document.Operations()
            .Where(operation => operation.Path != "/notifications/stream" && !operation.Path.StartsWith("/webhooks", StringComparison.Ordinal)).OrderByDescending(operation => operation.IsCourse))
        {
            var requests = Enumerable.Range(0, RequestsOfEach).Select(_ => document.Any(operation, random)).ToList();
            foreach (var some in requests.Chunk(AtOnce))
            {
                var answers = await Task.WhenAll(some.Select(request => request.SendAsync(service.When)));
                foreach (var (request, answer) in some.Zip(answers))
                {
                    statuses.Add(answer.Status);
                    if (Complaint(document, operation, request, answer) is { } complaint)
                        Assert.Fail($"{complaint} (seed {seed})\n{request}\n{answer}");
                }
            }
        }

        // It has been everywhere.
        Assert.Superset(new SortedSet<int>([200, 201, 400, 404, 409]), statuses);
    }

    private static string? Complaint(Document document, Operation operation, Request request, Answer answer)
    {
        if (document.WhatDoesNotFit(operation, answer) is { } wrong)
            return $"The answer is not as documented ({wrong})";
        var refused = answer.Status == 400
            || (operation.IsCourse && answer.Json.TryGetProperty("comment", out var comment) && comment.GetString() == "쿠폰 발급 요청에 실패했습니다.");
        if (request.Broken is { } broken)
            return refused ? null : $"Taken, though the document forbids it ({broken})";
        return refused && !CanNotBeTold(answer) ? "Refused, though the document allows it" : null;
    }

    // That the end is after the start, and what an opaque string may be.
    private static bool CanNotBeTold(Answer answer) =>
        answer.Json.TryGetProperty("errors", out var errors) && errors.EnumerateObject().All(error => error.Name is "dateIssueEnd" or "after");

    private sealed record Operation(string Method, string Path, JsonElement Json)
    {
        public bool IsCourse => Path.StartsWith("/v1/", StringComparison.Ordinal) || Path.StartsWith("/v2/", StringComparison.Ordinal);

        public List<JsonElement> Parameters => Json.TryGetProperty("parameters", out var given) ? [.. given.EnumerateArray()] : [];
    }

    /// <param name="Broken">What of it the document forbids; null if nothing.</param>
    private sealed record Request(string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, string? Body, string? Broken)
    {
        // What is refused before all of it has been sent spoils the connection for whoever comes next.
        public Task<Answer> SendAsync(When when) => when.Send(new(Method), Path, Body is null ? null : When.Content(Body), [.. Headers, ("Connection", "close")]);
    }

    private sealed class Document(JsonElement json)
    {
        private static readonly EvaluationOptions Strictly = new() { RequireFormatValidation = true, OutputFormat = OutputFormat.List };

        // What the only pattern that there is forbids.
        private static readonly string[] Untitled = ["\"\"", "\" \"", "\"a\\nb\"", "\"\\u0000\"", "\"a\\u202eb\"", "\"a\\u2028\""];

        private readonly Dictionary<string, JsonSchema> _schemas = [];

        public IEnumerable<Operation> Operations() =>
            from path in json.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select new Operation(operation.Name.ToUpperInvariant(), path.Name, operation.Value);

        /// <summary>A request that the document allows, or, as often, one that it forbids in one place.</summary>
        public Request Any(Operation operation, Random random)
        {
            var body = operation.Json.TryGetProperty("requestBody", out var described) ? described : (JsonElement?)null;
            var breakable = operation.Parameters.Where(parameter => !IsText(parameter)).Select(Name).ToList();
            if (body is not null)
                breakable.Add("body");
            var broken = breakable.Count > 0 && random.Next(2) == 0 ? Pick(random, breakable) : null;

            var path = operation.Path;
            var query = new List<string>();
            var headers = new List<(string, string)>();
            foreach (var parameter in operation.Parameters)
            {
                var schema = parameter.GetProperty("schema");
                var name = Name(parameter);
                var place = parameter.GetProperty("in").GetString();
                if (place == "header")
                {
                    if (parameter.TryGetProperty("required", out var required) && required.GetBoolean())
                        headers.Add((name, $"key {random.Next(20)}"));
                    continue;
                }

                var value = name == broken ? BrokenText(schema, random) : JsonElement.Parse(Valid(schema, random)).ToString();
                if (place == "path")
                    path = path.Replace($"{{{name}}}", value, StringComparison.Ordinal);
                else if (place == "query" && (name == broken || random.Next(2) == 0))
                    query.Add($"{name}={Uri.EscapeDataString(value)}");
            }

            return new Request(
                operation.Method,
                query.Count > 0 ? $"{path}?{string.Join('&', query)}" : path,
                headers,
                body is { } bodyOf ? Body(bodyOf, broken == "body", random, out broken, broken) : null,
                broken);
        }

        /// <summary>What of an answer is not as the document says; null if all is.</summary>
        public string? WhatDoesNotFit(Operation operation, Answer answer)
        {
            if (!operation.Json.GetProperty("responses").TryGetProperty($"{answer.Status}", out var response))
                return "the status is not documented";
            if (!response.GetProperty("content").TryGetProperty(answer.ContentType?.Split(';')[0] ?? "", out var content))
                return "the content type is not documented";
            var promised = response.TryGetProperty("headers", out var headers) ? headers.EnumerateObject().Select(header => header.Name) : [];
            if (promised.FirstOrDefault(header => !answer.Headers.Contains(header)) is { } missing)
                return $"without {missing}";
            return answer.ContentType!.Contains("json", StringComparison.Ordinal) ? Misfit(content.GetProperty("schema"), answer.Json) : null;
        }

        private string? Body(JsonElement described, bool toBreak, Random random, out string? broken, string? brokenElsewhere)
        {
            broken = brokenElsewhere;
            if (!toBreak && !(described.TryGetProperty("required", out var needed) && needed.GetBoolean()) && random.Next(4) == 0)
                return null;
            var schema = described.GetProperty("content").GetProperty("application/json").GetProperty("schema");
            var body = toBreak ? BrokenObject(Resolved(schema), random, out broken) : ValidObject(Resolved(schema), random);
            // The generator and a validator that is not ours read the document alike.
            Assert.True(Misfit(schema, JsonElement.Parse(body)) is null != toBreak, $"{broken}: {body}");
            return body;
        }

        private string? Misfit(JsonElement schema, JsonElement value)
        {
            var text = schema.GetRawText();
            if (!_schemas.TryGetValue(text, out var built))
            {
                var definitions = json.GetProperty("components").GetProperty("schemas").GetRawText();
                var whole = $$"""{"$schema":"https://json-schema.org/draft/2020-12/schema","allOf":[{{text}}],"$defs":{{definitions}}}""";
                _schemas[text] = built = JsonSchema.FromText(whole.Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
            }

            var result = built.Evaluate(value, Strictly);
            return result.IsValid
                ? null
                : string.Join("; ", result.Details!.Where(detail => detail.Errors is not null).Select(detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}"));
        }

        private static string ValidObject(JsonElement schema, Random random)
        {
            var required = Required(schema);
            var fields = schema.GetProperty("properties").EnumerateObject()
                .Where(field => required.Contains(field.Name) || random.Next(2) == 0)
                .Select(field => (field.Name, Valid(field.Value, random)));
            return Object(IsClosed(schema) || random.Next(4) != 0 ? fields : fields.Append(("unknown", "1")));
        }

        private static string BrokenObject(JsonElement schema, Random random, out string broken)
        {
            var required = Required(schema);
            var properties = schema.GetProperty("properties").EnumerateObject().ToList();
            var fields = properties
                .Where(field => required.Contains(field.Name) || random.Next(2) == 0)
                .ToDictionary(field => field.Name, field => Valid(field.Value, random));
            switch (random.Next(6))
            {
                case 0:
                    broken = "no object";
                    return Pick(random, ["[]", "5", "\"\"", "true", $"[{Object(fields.Select(field => (field.Key, field.Value)))}]"]);
                case 1 when required.Count > 0:
                    var missing = Pick(random, required);
                    broken = $"without {missing}";
                    fields.Remove(missing);
                    break;
                case 2 when IsClosed(schema):
                    broken = "a field that there is not";
                    fields["unknown"] = "1";
                    break;
                default:
                    var wrong = Pick(random, properties);
                    fields[wrong.Name] = Broken(wrong.Value, random);
                    broken = $"{wrong.Name}: {fields[wrong.Name]}";
                    break;
            }

            return Object(fields.Select(field => (field.Key, field.Value)));
        }

        private static string Valid(JsonElement schema, Random random)
        {
            if (Types(schema).Contains("null") && random.Next(4) == 0)
                return "null";
            if (schema.TryGetProperty("enum", out var values))
                return Pick(random, [.. values.EnumerateArray().Select(value => value.GetRawText())]);
            if (Types(schema).Contains("integer"))
            {
                var (min, max) = Bounds(schema);
                // Small ones meet each other.
                return Text(Pick(random, [min, min + 1, min + 2, Math.Min(max, min + random.Next(20)), max - 1, max]));
            }

            if (IsTime(schema))
                return Quoted($"{random.Next(1990, 2130)}-0{random.Next(1, 10)}-1{random.Next(10)}T1{random.Next(10)}:{random.Next(10, 60)}:00{Pick(random, ["", ".5", ".123456", ".1234567"])}{Pick(random, ["Z", "z", "+09:00", "-14:00", "+00:00"])}");
            var (shortest, longest) = Lengths(schema);
            string word;
            do
                word = Quoted(Word(random, Pick(random, [shortest, shortest + 1, Math.Min(longest, shortest + random.Next(20)), longest - 1, longest])));
            while (schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(JsonElement.Parse(word).GetString()!, pattern.GetString()!));
            return word;
        }

        private static string Broken(JsonElement schema, Random random)
        {
            List<string> all = ["true", "[]", "{}", "1.5"];
            if (!Types(schema).Contains("null"))
                all.Add("null");
            if (schema.TryGetProperty("enum", out var values))
                all.AddRange(["\"\"", "1", "\"OTHER\"", values[0].GetRawText().ToLowerInvariant()]);
            else if (Types(schema).Contains("integer"))
                all.AddRange(["\"5\"", "\"\"", .. JustOutside(schema)]);
            else if (IsTime(schema))
                all.AddRange(["0", "\"\"", "\"soon\"", "\"2026-01-01\"", "\"2026-13-01T00:00:00Z\"", "\"2026-01-01T00:00:00\"", "\"2026-02-30T00:00:00Z\""]);
            else
                all.AddRange(["5", Quoted(Word(random, Lengths(schema).Longest + 1)), .. schema.TryGetProperty("pattern", out _) ? Untitled : []]);
            return Pick(random, all);
        }

        private static string BrokenText(JsonElement schema, Random random) => Pick(random, ["abc", "1.5", "1e1", "null", "true", .. JustOutside(schema)]);

        private static string[] JustOutside(JsonElement schema)
        {
            var (min, max) = Bounds(schema);
            return [Text(min - 1), Text(max + 1), Text(max + 1000)];
        }

        private static string Word(Random random, int length) =>
            string.Concat(Enumerable.Range(0, length).Select(_ => Pick(random, ["a", "Z", " ", "쿠", "é", "'", "<", "\\u0041", "\\\"", "0", "😀"])));

        private static (decimal Min, decimal Max) Bounds(JsonElement schema) => (
            schema.TryGetProperty("minimum", out var min) ? min.GetDecimal() : schema.GetProperty("format").GetString() == "int32" ? int.MinValue : long.MinValue,
            schema.TryGetProperty("maximum", out var max) ? max.GetDecimal() : schema.GetProperty("format").GetString() == "int32" ? int.MaxValue : long.MaxValue);

        private static (int Shortest, int Longest) Lengths(JsonElement schema) => (
            schema.TryGetProperty("minLength", out var min) ? min.GetInt32() : 0,
            schema.TryGetProperty("maxLength", out var max) ? max.GetInt32() : 50);

        private JsonElement Resolved(JsonElement schema) =>
            schema.TryGetProperty("$ref", out var name) ? json.GetProperty("components").GetProperty("schemas").GetProperty(name.GetString()!.Split('/')[^1]) : schema;

        private static List<string> Required(JsonElement schema) =>
            schema.TryGetProperty("required", out var names) ? [.. names.EnumerateArray().Select(name => name.GetString()!)] : [];

        private static bool IsClosed(JsonElement schema) => schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False;

        private static bool IsTime(JsonElement schema) => schema.TryGetProperty("format", out var format) && format.GetString() == "date-time";

        private static bool IsText(JsonElement parameter) => Types(parameter.GetProperty("schema")) is ["string"];

        private static List<string> Types(JsonElement schema) =>
            schema.GetProperty("type") is { ValueKind: JsonValueKind.Array } types ? [.. types.EnumerateArray().Select(type => type.GetString()!)] : [schema.GetProperty("type").GetString()!];

        private static string Name(JsonElement parameter) => parameter.GetProperty("name").GetString()!;

        private static string Object(IEnumerable<(string Name, string Json)> fields) => $"{{{string.Join(',', fields.Select(field => $"\"{field.Name}\":{field.Json}"))}}}";

        private static string Quoted(string text) => $"\"{text}\"";

        private static string Text(decimal number) => number.ToString(CultureInfo.InvariantCulture);

        private static T Pick<T>(Random random, List<T> from) => from[random.Next(from.Count)];
    }
}
