using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Coupons;

/// <summary>Coupons and their units.</summary>
internal sealed class CouponModule : ApiModule
{
    private const string Coupons = "Coupons";
    private const string Issuing = "Issuing";

    public override JsonSerializerContext Json => CouponJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
    [
        new() { Name = Coupons, Description = "Made and changed by administrators, seen by everyone." },
        new() { Name = Issuing, Description = "Units of coupons: issued, found, listed and used." },
    ];

    public override IReadOnlyDictionary<Type, string> SchemaNames { get; } = new Dictionary<Type, string>
    {
        [typeof(ListJson<CouponJson, long?>)] = "CouponList",
        [typeof(ListJson<IssueJson, long?>)] = "IssueList",
        [typeof(ListJson<IssueJson, string>)] = "UserIssueList",
    };

    public override IEnumerable<Problem> Problems => Enum.GetValues<RefusalReason>().Select(reason => CouponProblems.For(reason));

    public override Type ProblemType => typeof(CouponProblem);

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<CouponIds>();
        services.AddSingleton(provider => new MeteredEntities(provider.GetRequiredService<IEntities>()));
    }

    public override void Map(IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var coupons = services.GetRequiredService<MeteredEntities>();
        // Made once: an endpoint that asks for its ports with each request makes a scope of services for each.
        ActivatorUtilities.CreateInstance<CouponEndpoints>(services, coupons).Map(Group(routes, Coupons));
        ActivatorUtilities.CreateInstance<IssueEndpoints>(services, coupons).Map(Group(routes, Issuing));
    }

    public override void Narrow(OpenApiSchema schema, JsonPropertyInfo field) => CouponFields.Narrow(schema, field);

    private static RouteGroupBuilder Group(IEndpointRouteBuilder routes, string tag) => routes.MapGroup("").WithTags(tag)
        .RefusesLike(Problem.Invalid(new Dictionary<string, string[]> { ["couponId"] = [EntityId.Expected] }))
        .RefusesLike(CouponProblems.For(RefusalReason.CouponNotExist))
        .RefusesLike(Problem.OutcomeUnknown());
}
