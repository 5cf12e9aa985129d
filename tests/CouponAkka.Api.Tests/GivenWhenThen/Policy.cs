namespace CouponAkka.Api.Tests.GivenWhenThen;

/// <summary>A policy's JSON, field by field, so that a test can put anything in place of one.</summary>
public static class Policy
{
    public static readonly IReadOnlyDictionary<string, string> Fields = new Dictionary<string, string>
    {
        ["title"] = "\"Opening day\"",
        ["couponType"] = "\"FIRST_COME_FIRST_SERVED\"",
        ["totalQuantity"] = "100",
        ["discountAmount"] = "1000",
        ["minAvailableAmount"] = "10000",
        ["dateIssueStart"] = "\"2020-01-01T00:00:00.000Z\"",
        ["dateIssueEnd"] = "\"2120-01-01T00:00:00.000Z\"",
        ["vendorId"] = "7",
    };

    /// <summary>A valid policy but for the fields given, whose values are JSON as it stands.</summary>
    public static string With(params (string Field, string Json)[] others) =>
        Of(Fields.Select(field => (field.Key, others.FirstOrDefault(other => other.Field == field.Key).Json ?? field.Value)));

    public static string Without(params string[] missing) =>
        Of(Fields.Where(field => !missing.Contains(field.Key)).Select(field => (field.Key, field.Value)));

    private static string Of(IEnumerable<(string Field, string Json)> fields) =>
        "{" + string.Join(",", fields.Select(field => $"\"{field.Field}\":{field.Json}")) + "}";
}
