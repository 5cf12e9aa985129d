using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using CouponAkka.Domain;

namespace CouponAkka.Api.Http;

/// <summary>
/// RFC 3339: read with any offset, which must be there, and with any number of digits, of which those finer than a microsecond are cut off; written in UTC,
/// with fraction.
/// </summary>
public sealed partial class TimestampJsonConverter : JsonConverter<Timestamp>
{
    private const int DigitsOfMicrosecond = 6;
    private const DateTimeStyles AsUtc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;

    public override Timestamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString()!, out var time) ? time : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[32];
        value.ToDateTimeOffset().UtcDateTime.TryFormat(text, out var length, "O", CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }

    // DateTimeOffset takes no offset beyond 14 hours, and rounds what is finer than its ticks.
    private static bool TryParse(string text, out Timestamp time)
    {
        time = default;
        if (Rfc3339().Match(text) is not { Success: true, Groups: var parts }
            || !DateTime.TryParseExact($"{parts["date"]}T{parts["time"]}", "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture, AsUtc, out var local))
        {
            return false;
        }

        var fraction = parts["fraction"].Value.PadRight(DigitsOfMicrosecond, '0')[..DigitsOfMicrosecond];
        var offset = new TimeSpan(Number(parts["hours"]), Number(parts["minutes"]), 0);
        time = Timestamp.From(local)
            .Plus(TimeSpan.FromMicroseconds(int.Parse(fraction, CultureInfo.InvariantCulture)))
            .Plus(parts["sign"].Value == "-" ? offset : -offset);
        return time >= Timestamp.Earliest && time <= Timestamp.Latest;

        static int Number(Group digits) => digits.Success ? int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(
        @"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]+))?"
            + @"([Zz]|(?<sign>[+-])(?<hours>[01][0-9]|2[0-3]):(?<minutes>[0-5][0-9]))\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();
}
