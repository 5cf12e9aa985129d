using System.Text.Json.Serialization;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Notifying;

/// <summary>One thing that happened, as people and programs are told of it: a pure function of the event, so it is not stored.</summary>
/// <param name="Kind">What happened, as in <c>coupon.issued</c>: never changes, for programs choose by it.</param>
/// <param name="Subject">The path of what it happened to, as in <c>/coupons/7</c>.</param>
/// <param name="Text">The same for people.</param>
/// <param name="Data">The same for programs: ids and amounts. What there is not is left out.</param>
public sealed record NotificationLine(Timestamp At, string Kind, string Subject, string Text, IReadOnlyDictionary<string, long> Data)
{
    /// <summary>With those of <paramref name="data"/> that are not null.</summary>
    public static NotificationLine Of(Timestamp at, string kind, string subject, string text, params ReadOnlySpan<(string Name, long? Value)> data)
    {
        var given = new Dictionary<string, long>(data.Length);
        foreach (var (name, value) in data)
        {
            if (value is { } number)
                given.Add(name, number);
        }

        return new(at, kind, subject, text, given);
    }
}

/// <summary>A line with its number among all that ever happened to any entity, from 1 without a hole.</summary>
public sealed record Notification(long N, NotificationLine Line);

/// <summary>A notification as it leaves: in lists, in the stream and to webhooks alike.</summary>
/// <param name="At">RFC 3339, in UTC.</param>
public sealed record NotificationJson(long N, string At, string Kind, string Subject, string Text, IReadOnlyDictionary<string, long> Data)
{
    public static NotificationJson From(Notification notification)
    {
        var (n, (at, kind, subject, text, data)) = notification;
        return new(n, at.ToDateTimeOffset().UtcDateTime.ToString("O", null), kind, subject, text, data);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NotificationJson))]
public sealed partial class NotificationJsonContext : JsonSerializerContext;
