using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Hosting.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Notifications;

/// <summary>What happened to any entity: as a list, as a stream, and posted to webhooks.</summary>
internal sealed class NotificationModule : ApiModule
{
    private const string Notifications = "Notifications";

    public override JsonSerializerContext Json => NotificationApiJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
        [new() { Name = Notifications, Description = "Everything that happened to any entity, one line each, numbered from 1 without a hole." }];

    public override IReadOnlyDictionary<Type, string> SchemaNames { get; } = new Dictionary<Type, string>
    {
        [typeof(ListJson<NotificationJson, long?>)] = "NotificationList",
        [typeof(ListJson<WebhookJson, long?>)] = "WebhookList",
    };

    public override IEnumerable<Problem> Problems => [WebhookEndpoints.TooMany, WebhookEndpoints.NotExist];

    public override void AddServices(IServiceCollection services) => services.TryAddSingleton<NotificationFeed>();

    public override void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags(Notifications);
        ActivatorUtilities.CreateInstance<NotificationEndpoints>(routes.ServiceProvider).Map(group);
        ActivatorUtilities.CreateInstance<NotificationStream>(routes.ServiceProvider).Map(group);
        ActivatorUtilities.CreateInstance<WebhookEndpoints>(routes.ServiceProvider).Map(group);
    }

    public override bool Narrows(Type type) => type == typeof(NotificationJson) || base.Narrows(type);

    public override void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (field.Name)
        {
            case "n":
                schema.Between(1, EntityId.Max);
                break;
            case "at":
                schema.Format = "date-time";
                break;
            case "id":
                schema.Between(1, EntityId.Max);
                break;
            case "delivered":
                schema.Between(0, EntityId.Max);
                break;
            case "url":
                schema.MinLength = 1;
                schema.MaxLength = WebhookTarget.MaxLength;
                schema.Format = "uri";
                break;
            case "secret":
                schema.MinLength = 1;
                schema.MaxLength = WebhookRequest.LongestSecret;
                break;
        }
    }
}

/// <summary>Every type of notifications and webhooks that crosses HTTP, so that JSON is read and written without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    Converters = [typeof(TimestampJsonConverter)])]
[JsonSerializable(typeof(ListJson<NotificationJson, long?>))]
[JsonSerializable(typeof(WebhookRequest))]
[JsonSerializable(typeof(WebhookJson))]
[JsonSerializable(typeof(ListJson<WebhookJson, long?>))]
internal sealed partial class NotificationApiJsonContext : JsonSerializerContext;
