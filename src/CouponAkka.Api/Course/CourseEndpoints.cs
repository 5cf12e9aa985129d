using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CouponAkka.Api.Http;
using CouponAkka.Api.Identity;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CouponAkka.Api.Course;

/// <summary>
/// The paths of the course that the project's seeds follow, so that its Locust files run unchanged: every outcome is 200,
/// and says in Korean what went wrong. All three issue through the same coupons and answer once the issue is durable.
/// </summary>
internal sealed class CourseEndpoints(IEntities coupons)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/hello", () => "hello!").Describe("Hello", "Says hello, for a first load test.")
            .Produces<string>(200, "text/plain").Refuses(429);
        foreach (var (path, operationId) in (ReadOnlySpan<(string, string)>)
            [("/v1/issue", "IssueV1"), ("/v1/issue-async", "IssueAsyncV1"), ("/v2/issue-async", "IssueAsyncV2")])
        {
            routes.MapPost(path, Issue).WithMetadata(new AlwaysOk(Result(CourseResponse.Failed))).Needs(Access.ByToken)
                .Describe(operationId, "Issue one unit to a user, as in the course.")
                .Takes("""{"userId":7,"couponId":1}""")
                .Answers(200, CourseJsonContext.Default.CourseResponse, CourseResponse.Success);
        }
    }

    private async Task<IResult> Issue(Caller caller, JsonBody<CourseRequest> body) =>
        ToResult(await coupons.AskAsync(body.Value.CouponId, new IssueCoupon(caller.UserFor(body.Value.UserId))));

    private static JsonResult<CourseResponse> ToResult(Reply reply) => reply switch
    {
        Issued => Result(CourseResponse.Success),
        Refused { Reason: RefusalReason.SoldOut } => Result(CourseResponse.SoldOut),
        Refused { Reason: RefusalReason.DuplicatedIssue } => Result(CourseResponse.Duplicated),
        Refused { Reason: RefusalReason.OutsidePeriod } => Result(CourseResponse.OutsidePeriod),
        Refused { Reason: RefusalReason.CouponNotExist } => Result(CourseResponse.CouponNotExist),
        _ => Result(CourseResponse.Failed),
    };

    private static JsonResult<CourseResponse> Result(CourseResponse response) => new(response, CourseJsonContext.Default.CourseResponse);
}

/// <summary>Who asks for a unit of which coupon.</summary>
public sealed class CourseRequest : IRequestBody<CourseRequest>
{
    [Required]
    public long UserId { get; init; }

    [Required]
    public long CouponId { get; init; }

    public static JsonTypeInfo<CourseRequest> TypeInfo => CourseJsonContext.Default.CourseRequest;

    public static string Expected(string field) => EntityId.Expected;

    public IEnumerable<string> InvalidFields()
    {
        if (!EntityId.IsValid(UserId))
            yield return "userId";
        if (!EntityId.IsValid(CouponId))
            yield return "couponId";
    }
}

/// <summary>Yes, or no and why.</summary>
public sealed record CourseResponse(
    bool IsSuccess,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Comment = null)
{
    public static readonly CourseResponse Success = new(true);
    public static readonly CourseResponse SoldOut = new(false, "쿠폰 발급 수량이 유효하지 않습니다.");
    public static readonly CourseResponse OutsidePeriod = new(false, "쿠폰 발급 기간이 유효하지 않습니다.");
    public static readonly CourseResponse CouponNotExist = new(false, "존재하지 않는 쿠폰입니다.");
    public static readonly CourseResponse Duplicated = new(false, "이미 발급된 쿠폰입니다.");
    public static readonly CourseResponse Failed = new(false, "쿠폰 발급 요청에 실패했습니다.");
}
