using System.Text.Json.Nodes;

namespace CouponAkka.Api.OpenApi;

/// <summary>What the process says of itself, for people who read the OpenAPI document.</summary>
internal static class HealthExamples
{
    public static JsonNode? Response(string? operationId, string status) => (operationId, status) switch
    {
        ("Live", _) => Health("Healthy", """{"process":{"status":"Healthy","description":null}}"""),
        ("Ready", "200") => Health("Healthy", Checks("Healthy", "null")),
        ("Ready", "503") => Health("Unhealthy", Checks("Unhealthy", "\"disk full\"")),
        _ => null,
    };

    private static JsonNode? Health(string status, string checks) => JsonNode.Parse($$"""{"status":"{{status}}","checks":{{checks}}}""");

    private static string Checks(string journal, string description) => $$$"""
        {"journal":{"status":"{{{journal}}}","description":{{{description}}}},
         "projection":{"status":"Healthy","description":"0 events behind the journal"},
         "reactions":{"status":"Healthy","description":"0 events wait for what they ask to be delivered"},
         "notifications":{"status":"Healthy","description":"What happens is numbered."}}
        """;
}
