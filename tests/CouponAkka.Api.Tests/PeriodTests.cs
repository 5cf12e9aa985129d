using CouponAkka.Api.Tests.GivenWhenThen;

namespace CouponAkka.Api.Tests;

/// <summary>The period is <c>[dateIssueStart, dateIssueEnd)</c> by the clock of the process that decides.</summary>
public sealed class PeriodTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2030, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Microsecond = TimeSpan.FromMicroseconds(1);

    private readonly CouponService _service = CouponService.Start();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    [Trait("Promise", "9")]
    public async Task The_period_contains_its_start_and_not_its_end()
    {
        var (given, when) = (_service.Given, _service.When);
        var end = Start.AddHours(1);
        var couponId = await given.Coupon(("dateIssueStart", $"\"{Start:O}\""), ("dateIssueEnd", $"\"{end:O}\""));

        await At(Start - Microsecond, "NOT_OPEN", 409);
        await At(Start, "OPEN", 201);
        await At(end - Microsecond, "OPEN", 201);
        await At(end, "ENDED", 409);

        async Task At(DateTimeOffset now, string state, int status)
        {
            _service.Clock.Now = now;
            var userId = Given.NewUserId();
            Assert.Equal(state, (await when.Get($"/coupons/{couponId}/status")).Json.GetProperty("state").GetString());
            var answer = await when.Post($"/coupons/{couponId}/issues", $$"""{"userId":{{userId}}}""");
            if (status == 201)
                Assert.Equal(now, Then.Time(Then.IsJson(201, answer).GetProperty("dateIssued")));
            else
                Then.IsProblem(409, "INVALID_COUPON_ISSUE_DATE", answer);
        }
    }
}
