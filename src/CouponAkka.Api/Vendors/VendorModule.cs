using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Coupons;
using CouponAkka.Api.Http;
using CouponAkka.Api.OpenApi;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Vendors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CouponAkka.Api.Vendors;

/// <summary>Vendors and their payouts.</summary>
internal sealed class VendorModule : ApiModule
{
    private const string Vendors = "Vendors";

    public override JsonSerializerContext Json => VendorJsonContext.Default;

    public override IReadOnlyList<OpenApiTag> Tags { get; } =
        [new() { Name = Vendors, Description = "Named by administrators, and paid for each unit used of the coupons that name them." }];

    public override IReadOnlyDictionary<Type, string> SchemaNames { get; } = new Dictionary<Type, string>
    {
        [typeof(ListJson<VendorJson, long?>)] = "VendorList",
        [typeof(ListJson<PayoutJson, long?>)] = "PayoutList",
    };

    public override IEnumerable<Problem> Problems => Enum.GetValues<VendorRefusal>().Select(VendorProblems.For);

    public override void Map(IEndpointRouteBuilder routes) => ActivatorUtilities.CreateInstance<VendorEndpoints>(routes.ServiceProvider)
        .Map(routes.MapGroup("").WithTags(Vendors)
            .RefusesLike(Problem.Invalid(new Dictionary<string, string[]> { ["vendorId"] = [EntityId.Expected] }))
            .RefusesLike(VendorProblems.For(VendorRefusal.NotExist))
            .RefusesLike(Problem.OutcomeUnknown()));

    public override void Narrow(OpenApiSchema schema, JsonPropertyInfo field)
    {
        switch (field.DeclaringType.Name, field.Name)
        {
            case (_, "ticket"):
                schema.Between(1, EntityId.Max);
                break;
            case (_, "couponsUsed"):
                schema.Between(0, EntityId.Max);
                break;
            case (_, "balance" or "amount"):
                // Coupons of an older release may have a larger discount than JSON readers hold.
                schema.Between(0, long.MaxValue);
                break;
            case (_, "name"):
                schema.MinLength = 1;
                schema.MaxLength = CouponPolicy.MaxTitleLength;
                schema.Pattern = CouponFields.Title;
                break;
        }
    }
}
