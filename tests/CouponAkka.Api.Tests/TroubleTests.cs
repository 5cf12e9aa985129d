using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace CouponAkka.Api.Tests;

/// <summary>What callers hear when the engine is in trouble.</summary>
public sealed class TroubleTests
{
    private const string Secret = "SqliteException: near \"SELECT secret\" at CouponAkka.Standalone.Journal";

    [Fact]
    [Trait("Promise", "7")]
    public async Task An_unknown_outcome_says_so_and_when_to_ask_again() =>
        await EveryQuestionIsRefused(_ => CouponReply.OutcomeUnknown, 503, "ISSUE_OUTCOME_UNKNOWN");

    [Fact]
    public async Task An_engine_that_can_not_decide_says_so_and_when_to_ask_again() =>
        await EveryQuestionIsRefused(_ => CouponReply.Unavailable, 503, "UNAVAILABLE");

    [Fact]
    public async Task A_bug_tells_nothing_of_our_insides_and_the_log_has_it_under_its_trace_id() =>
        await EveryQuestionIsRefused(_ => throw new InvalidOperationException(Secret), 500, "INTERNAL_ERROR");

    [Fact]
    public async Task A_broken_read_model_tells_nothing_of_our_insides()
    {
        await using var service = CouponService.Start(configure: services => services.AddSingleton<IReadModel>(new BrokenReadModel(() => new InvalidOperationException(Secret))));
        var when = service.When;

        foreach (var path in (string[])["/coupons", "/coupons/1/issues", "/users/1/coupons"])
            HidesItsInsides(service, await when.Get(path));
    }

    [Fact]
    public async Task A_read_model_that_can_not_be_asked_is_unavailable_and_not_a_bug()
    {
        await using var service = CouponService.Start(configure: services => services.AddSingleton<IReadModel>(
            new BrokenReadModel(() => new ReadModelUnavailableException(new InvalidOperationException(Secret)))));

        foreach (var path in (string[])["/coupons", "/coupons/1/issues", "/users/1/coupons"])
        {
            var answer = await service.When.Get(path);
            Then.IsProblem(503, "UNAVAILABLE", answer);
            Assert.DoesNotContain("Sqlite", answer.Body, StringComparison.Ordinal);
        }

        Assert.Contains(service.Log.Lines, line => line.Contains(Secret, StringComparison.Ordinal));
    }

    private static async Task EveryQuestionIsRefused(Func<Command, Reply> reply, int status, string code)
    {
        await using var service = CouponService.Start(wrapCoupons: _ => new ScriptedCoupons(reply));
        var when = service.When;
        Answer[] answers =
        [
            await when.Post("/coupons", Policy.With()),
            await when.Put("/coupons/1", Policy.With()),
            await when.Patch("/coupons/1", "{}"),
            await when.Post("/coupons/1/stop"),
            await when.Post("/coupons/1/resume"),
            await when.Get("/coupons/1"),
            await when.Get("/coupons/1/status"),
            await when.Post("/coupons/1/issues", """{"userId":1}"""),
            await when.Get("/coupons/1/issues/1"),
            await when.Post("/coupons/1/issues/1/use"),
        ];
        foreach (var answer in answers)
        {
            Then.IsProblem(status, code, answer);
            if (status == 500)
                HidesItsInsides(service, answer);
        }

        foreach (var path in (string[])["/v1/issue", "/v1/issue-async", "/v2/issue-async"])
        {
            var answer = await when.Post(path, """{"userId":1,"couponId":1}""");
            Assert.Equal("쿠폰 발급 요청에 실패했습니다.", Then.IsJson(200, answer).GetProperty("comment").GetString());
        }
    }

    private static void HidesItsInsides(CouponService service, Answer answer)
    {
        var traceId = Then.IsProblem(500, "INTERNAL_ERROR", answer).GetProperty("traceId").GetString()!;
        Assert.DoesNotContain("Sqlite", answer.Body, StringComparison.Ordinal);
        Then.IsNothingForABrowser(answer);
        Assert.Contains(service.Log.Lines, line => line.Contains(traceId, StringComparison.Ordinal) && line.Contains(Secret, StringComparison.Ordinal));
    }

    private sealed class ScriptedCoupons(Func<Command, Reply> reply) : IEntities
    {
        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => new(reply(command));
    }

    private sealed class BrokenReadModel(Func<Exception> failure) : IReadModel
    {
        public ValueTask WaitUntilCaughtUpAsync(CancellationToken cancel) => throw failure();

        public ValueTask<IReadOnlyList<CouponView>> ListCouponsAsync(long afterCouponId, int limit, CancellationToken cancel) =>
            throw failure();

        public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesAsync(long couponId, long afterTicket, int limit, CancellationToken cancel) =>
            throw failure();

        public ValueTask<IReadOnlyList<CouponIssue>> ListIssuesOfUserAsync(long userId, IssuePosition? after, int limit, CancellationToken cancel) =>
            throw failure();
    }
}
