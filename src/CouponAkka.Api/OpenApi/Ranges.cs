using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace CouponAkka.Api.OpenApi;

/// <summary>Says in a schema which values there are.</summary>
internal static class Ranges
{
    public static OpenApiSchema Between(this OpenApiSchema schema, long minimum, long maximum)
    {
        schema.Minimum = minimum.ToString(CultureInfo.InvariantCulture);
        schema.Maximum = maximum.ToString(CultureInfo.InvariantCulture);
        return schema;
    }

    public static void OneOf(this OpenApiSchema schema, params string[] values)
    {
        schema.Enum = [.. values.Select(value => JsonValue.Create(value))];
        if (schema.Type?.HasFlag(JsonSchemaType.Null) is true)
            schema.Enum.Add(JsonNullSentinel.JsonNull);
    }
}
