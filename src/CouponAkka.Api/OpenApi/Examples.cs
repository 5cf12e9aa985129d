using System.Text.Json.Nodes;
using CouponAkka.Api.Http;

namespace CouponAkka.Api.OpenApi;

/// <summary>One example of each request and answer, for people who read the OpenAPI document.</summary>
internal static class Examples
{
    private const string Policy = """
        {"title":"Opening day","couponType":"FIRST_COME_FIRST_SERVED","totalQuantity":100,"discountAmount":1000,
         "minAvailableAmount":10000,"dateIssueStart":"2026-01-01T00:00:00.000Z","dateIssueEnd":"2030-01-01T00:00:00.000Z","vendorId":null}
        """;

    private const string Coupon = """
        {"couponId":1,"title":"Opening day","couponType":"FIRST_COME_FIRST_SERVED","totalQuantity":100,"issuedQuantity":42,
         "discountAmount":1000,"minAvailableAmount":10000,"dateIssueStart":"2026-01-01T00:00:00.0000000Z",
         "dateIssueEnd":"2030-01-01T00:00:00.0000000Z","vendorId":null,"dateCreated":"2026-01-01T00:00:00.0000000Z",
         "dateUpdated":"2026-01-01T00:00:00.0000000Z"}
        """;

    private const string Issue = """
        {"couponId":1,"userId":7,"ticket":42,"dateIssued":"2026-01-01T00:00:00.1234560Z","dateUsed":null}
        """;

    private const string UsedIssue = """
        {"couponId":1,"userId":7,"ticket":42,"dateIssued":"2026-01-01T00:00:00.1234560Z","dateUsed":"2026-01-02T00:00:00.0000000Z"}
        """;

    public static JsonNode? Request(string? operationId) => operationId switch
    {
        "CreateCoupon" or "PutCoupon" => JsonNode.Parse(Policy),
        "ChangeCoupon" => JsonNode.Parse("""{"totalQuantity":200}"""),
        "IssueCoupon" => JsonNode.Parse("""{"userId":7}"""),
        "UseCoupon" => JsonNode.Parse("""{"orderAmount":20000}"""),
        "IssueV1" or "IssueAsyncV1" or "IssueAsyncV2" => JsonNode.Parse("""{"userId":7,"couponId":1}"""),
        _ => null,
    };

    public static JsonNode? Response(string? operationId, string status) => (operationId, status) switch
    {
        ("CreateCoupon" or "PutCoupon" or "ChangeCoupon" or "GetCoupon" or "ResumeCoupon", "200" or "201") => JsonNode.Parse(Coupon),
        ("StopCoupon", "200") => Stopped(),
        ("ChangeCoupon", "412") => Refusal(
            412, "COUPON_CHANGED", "Changed meanwhile", "This coupon is no longer the one that If-Match names. Look at it as it is, and change that.", coupon: Coupon),
        ("ListCoupons", "200") => List(Coupon, "null"),
        ("GetCouponStatus", "200") => JsonNode.Parse(
            """{"couponId":1,"state":"OPEN","issuedQuantity":42,"totalQuantity":100,"remaining":58}"""),
        ("IssueCoupon", "201") or ("GetIssue", "200") => JsonNode.Parse(Issue),
        ("UseCoupon", "200") => JsonNode.Parse(UsedIssue),
        ("ListIssues", "200") => List(Issue, "42"),
        ("ListIssuesOfUser", "200") => List(Issue, "\"MTc2NzIyNTYwMDEyMzQ1Ni4x\""),
        ("IssueCoupon", "409") => Refusal(409, "DUPLICATED_COUPON_ISSUE", "Issued already", "This user holds this coupon already.", Issue),
        ("PutCoupon", "409") => Refusal(409, "COUPON_ALREADY_EXIST", "Another policy stands", "A coupon with this id exists already, with another policy."),
        ("ChangeCoupon", "409") => Refusal(409, "INVALID_COUPON_ISSUE_QUANTITY", "Total too low", "More units than this total have been issued already."),
        ("UseCoupon", "409") => Refusal(409, "COUPON_ALREADY_USED", "Used already", "This user has used this coupon already.", UsedIssue),
        (_, "400") => Invalid("couponId"),
        (_, "401") => Refusal(401, "UNAUTHENTICATED", "Key needed", "This call needs the header X-Api-Key."),
        (_, "403") => Refusal(403, "FORBIDDEN", "Not allowed", "This call is for administrators."),
        (_, "404") => Refusal(404, "COUPON_NOT_EXIST", "No such coupon", "There is no coupon with this id."),
        (_, "413") => Refusal(413, "PAYLOAD_TOO_LARGE", "Body too large", "The body is over 16 KiB."),
        (_, "415") => Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Not JSON", "The body must be application/json."),
        (_, "429") => Refusal(429, "TOO_MANY_REQUESTS", "Too many requests", "Nothing was decided. Ask again in a moment."),
        ("Live", _) => Health("Healthy", """{"process":{"status":"Healthy","description":null}}"""),
        ("Ready", "200") => Health(
            "Healthy", """{"journal":{"status":"Healthy","description":null},"projection":{"status":"Healthy","description":"0 events behind the journal"}}"""),
        ("Ready", "503") => Health(
            "Unhealthy", """{"journal":{"status":"Unhealthy","description":"disk full"},"projection":{"status":"Healthy","description":"0 events behind the journal"}}"""),
        (_, "503") => Refusal(503, "ISSUE_OUTCOME_UNKNOWN", "Outcome unknown", "The write may or may not have landed. Ask again: the answer will tell."),
        ("IssueV1" or "IssueAsyncV1" or "IssueAsyncV2", "200") => JsonNode.Parse("""{"isSuccess":true}"""),
        _ => null,
    };

    private static JsonNode? List(string item, string next) => JsonNode.Parse($$"""{"items":[{{item}}],"next":{{next}}}""");

    private static JsonNode? Health(string status, string checks) => JsonNode.Parse($$"""{"status":"{{status}}","checks":{{checks}}}""");

    private static JsonObject Invalid(string field)
    {
        var problem = Refusal(400, "VALIDATION_FAILED", "Not valid", "The request is malformed, or a field is missing or out of range.");
        problem["errors"] = new JsonObject { [field] = new JsonArray(Fields.Expected(field)) };
        return problem;
    }

    private static JsonNode Stopped()
    {
        var coupon = JsonNode.Parse(Coupon)!;
        coupon["stopped"] = true;
        return coupon;
    }

    private static JsonObject Refusal(int status, string code, string title, string detail, string? issue = null, string? coupon = null)
    {
        var problem = new JsonObject
        {
            ["type"] = "urn:couponakka:problem:" + code,
            ["title"] = title,
            ["status"] = status,
            ["detail"] = detail,
            ["code"] = code,
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        };
        if (issue is not null)
            problem["issue"] = JsonNode.Parse(issue);
        if (coupon is not null)
            problem["coupon"] = JsonNode.Parse(coupon);
        return problem;
    }
}
