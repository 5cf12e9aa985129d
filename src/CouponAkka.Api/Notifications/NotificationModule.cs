using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using CouponAkka.Engine.Notifying;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Notifications;

/// <summary>What happened to any entity: as a list, as a stream, and posted to webhooks.</summary>
internal sealed class NotificationModule : ApiModule
{
    private const string Notifications = "Notifications";

    public override JsonSerializerContext Json => NotificationListJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
        [new() { Name = Notifications, Description = "Everything that happened to any entity, one line each, numbered from 1 without a hole." }];

    public override IReadOnlyDictionary<Type, string> SchemaNames { get; } = new Dictionary<Type, string>
    {
        [typeof(ListJson<NotificationJson, long?>)] = "NotificationList",
    };

    public override void AddServices(IServiceCollection services) => services.AddSingleton<NotificationFeed>();

    public override void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags(Notifications);
        ActivatorUtilities.CreateInstance<NotificationEndpoints>(routes.ServiceProvider).Map(group);
        ActivatorUtilities.CreateInstance<NotificationStream>(routes.ServiceProvider).Map(group);
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
        }
    }
}

/// <summary>Lists of notifications, so that JSON is written without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListJson<NotificationJson, long?>))]
internal sealed partial class NotificationListJsonContext : JsonSerializerContext;
