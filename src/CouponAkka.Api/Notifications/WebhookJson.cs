using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Hosting.Webhooks;

namespace CouponAkka.Api.Notifications;

/// <summary>To whom notifications are to be posted.</summary>
public sealed class WebhookRequest : IRequestBody<WebhookRequest>
{
    public const int LongestSecret = 255;

    internal static readonly IReadOnlyList<string> AllKinds = [.. EntityKinds.All.SelectMany(kind => kind.Notifications), EventNumbers.Unreadable];

    [Required, DisallowNull]
    public string? Url { get; init; }

    /// <summary>Null for all.</summary>
    public string[]? Kinds { get; init; }

    [Required, DisallowNull]
    public string? Secret { get; init; }

    public static JsonTypeInfo<WebhookRequest> TypeInfo => NotificationApiJsonContext.Default.WebhookRequest;

    public static string Expected(string field) => field switch
    {
        "url" => $"must be an http:// or https:// address of at most {WebhookTarget.MaxLength} characters, without a name, a password or a fragment",
        "kinds" => $"must be null for all, or a list of some of {string.Join(", ", AllKinds)}",
        "secret" => $"must be a string of 1 to {LongestSecret} characters",
        _ => "is not understood",
    };

    public IEnumerable<string> InvalidFields()
    {
        if (!WebhookTarget.IsUrl(Url))
            yield return "url";
        if (Kinds is not null && (Kinds.Length is 0 || Kinds.Length > AllKinds.Count || !Kinds.All(AllKinds.Contains)))
            yield return "kinds";
        if (Secret is not { Length: > 0 and <= LongestSecret })
            yield return "secret";
    }
}

/// <summary>A webhook, without its secret.</summary>
/// <param name="Delivered">Everything up to this number has been taken, or was not wanted.</param>
/// <param name="FailingSince">Since when it takes nothing, if it does not.</param>
/// <param name="LastError">Why it did not take the last that it did not take.</param>
/// <param name="NextTry">When that is posted again.</param>
public sealed record WebhookJson(
    long Id, string Url, IReadOnlyList<string>? Kinds, Timestamp DateCreated, long Delivered, Timestamp? FailingSince, string? LastError, Timestamp? NextTry)
{
    public static WebhookJson From(Webhook webhook) => new(
        webhook.Id, webhook.Url, webhook.Kinds, webhook.DateCreated, webhook.State.Delivered, webhook.State.FailingSince, webhook.State.LastError,
        webhook.State.NextTry);
}
