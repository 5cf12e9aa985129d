using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Notifying.Webhooks;

/// <summary>Somebody whom notifications are posted to.</summary>
/// <param name="Kinds">Which of them: null for all.</param>
/// <param name="Secret">What they are signed with. It never leaves: not in an answer, not in a log line.</param>
public sealed record Webhook(
    long Id, string Url, IReadOnlyList<string>? Kinds, string Secret, Timestamp DateCreated, WebhookState State)
{
    /// <summary>The most there can be: each costs a reader, and a connection.</summary>
    public const int Most = 100;

    public bool Wants(string kind) => Kinds is null || Kinds.Contains(kind);

    /// <summary><paramref name="Kinds"/> as stores keep it.</summary>
    public static string? ToJson(IReadOnlyList<string>? kinds) =>
        kinds is null ? null : JsonSerializer.Serialize([.. kinds], WebhookStoreJson.Default.StringArray);

    public static IReadOnlyList<string>? KindsFrom(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, WebhookStoreJson.Default.StringArray);

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(null, $"Id = {Id}, State = {State}");
        return true;
    }
}

/// <summary>How far a webhook is.</summary>
/// <param name="Delivered">Everything up to this number has been taken, or was not wanted.</param>
/// <param name="FailingSince">Since when it takes nothing; null if it does.</param>
/// <param name="LastError">Why it did not take the last that it did not take.</param>
/// <param name="NextTry">When that is posted again.</param>
public sealed record WebhookState(long Delivered, Timestamp? FailingSince = null, string? LastError = null, Timestamp? NextTry = null);

[JsonSerializable(typeof(string[]))]
internal sealed partial class WebhookStoreJson : JsonSerializerContext;
