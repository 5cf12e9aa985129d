using CouponAkka.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Coupons;

/// <summary>
/// What every other figure is a ratio to: reads and checks the body of an issue and answers, in the same pipeline, and
/// asks no coupon. Mapped only where <c>Bench:ParseOnly</c> is set.
/// </summary>
internal static class ParseOnlyEndpoint
{
    public const string Setting = "Bench:ParseOnly";

    public static void MapParseOnly(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/bench/parse-only", Answer).ExcludeFromDescription();

    private static async Task<IResult> Answer(JsonBody<IssueRequest> body)
    {
        await Task.CompletedTask;
        return new JsonResult<IssueRequest>(body.Value, CouponJsonContext.Default.IssueRequest);
    }
}
