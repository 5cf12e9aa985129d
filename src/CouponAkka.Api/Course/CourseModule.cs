using System.Text.Json.Serialization;
using CouponAkka.Api.Http;
using CouponAkka.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Course;

/// <summary>The paths of the course.</summary>
internal sealed class CourseModule : ApiModule
{
    private const string Tag = "As in the course";

    public override JsonSerializerContext Json => CourseJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
    [
        new() { Name = Tag, Description = "The paths of the course that the project follows: always 200, and in the body whether it succeeded." },
    ];

    public override void Map(IEndpointRouteBuilder routes) =>
        new CourseEndpoints(routes.ServiceProvider.GetRequiredService<MeteredEntities>()).Map(routes.MapGroup("").WithTags(Tag));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CourseRequest))]
[JsonSerializable(typeof(CourseResponse))]
internal sealed partial class CourseJsonContext : JsonSerializerContext;
