using System.Buffers;
using System.Globalization;
using System.Text;
using CouponAkka.Domain;

namespace CouponAkka.Sharded.Database;

/// <summary>Values as they stand in SQL text, for where a parameter for each of thousands would cost more than the rows.</summary>
internal static class SqlLiteral
{
    private const string Null = "NULL";

    // Nothing else than themselves in a string, whatever the server's mode and the connection's character set. (An empty one is NULL in one of the modes.)
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.:");

    public static string Of(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? Null;

    public static string Of(Timestamp time) => time.ToDateTimeOffset().ToString("\\'yyyy-MM-dd HH:mm:ss.ffffff\\'", CultureInfo.InvariantCulture);

    public static string Of(Timestamp? time) => time is { } value ? Of(value) : Null;

    /// <summary>In hexadecimal, where no character has a meaning whatever the server's mode; as it is, if none has: the server reads that faster.</summary>
    public static string Of(string? text) => text switch
    {
        null => Null,
        { Length: > 0 } when !text.AsSpan().ContainsAnyExcept(Plain) => $"'{text}'",
        _ => $"_utf8mb4 x'{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}'",
    };
}
