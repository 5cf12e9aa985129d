using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Domain;

namespace CouponAkka.Api;

/// <summary>Every type that crosses HTTP, so that JSON is read and written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(PolicyRequest))]
[JsonSerializable(typeof(ChangeRequest))]
[JsonSerializable(typeof(IssueRequest))]
[JsonSerializable(typeof(UseRequest))]
[JsonSerializable(typeof(CourseRequest))]
[JsonSerializable(typeof(CouponJson))]
[JsonSerializable(typeof(CouponStatusJson))]
[JsonSerializable(typeof(IssueJson))]
[JsonSerializable(typeof(ListJson<CouponJson, long?>))]
[JsonSerializable(typeof(ListJson<IssueJson, long?>))]
[JsonSerializable(typeof(ListJson<IssueJson, string>))]
[JsonSerializable(typeof(CourseResponse))]
[JsonSerializable(typeof(HealthJson))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ApiJson : JsonSerializerContext;

/// <summary>RFC 3339: read with any offset, which must be there; written in UTC, with fraction.</summary>
public sealed partial class TimestampJsonConverter : JsonConverter<Timestamp>
{
    public override Timestamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
        && reader.GetString() is { } text
        && Rfc3339().IsMatch(text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? Timestamp.From(time)
            : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[32];
        value.ToDateTimeOffset().UtcDateTime.TryFormat(text, out var length, "O", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();
}
