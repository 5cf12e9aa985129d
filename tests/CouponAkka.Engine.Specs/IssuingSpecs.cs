using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an engine promises while it runs and everyone wants a coupon at once.</summary>
public abstract class IssuingSpecs<TEngine>(SharedEngine<TEngine> shared, ITestOutputHelper report) : SharedEngineSpecs<TEngine>(shared, report)
    where TEngine : IEngine, new()
{
    private static readonly CourseAnswer Success = new(IsSuccess: true);
    private static readonly CourseAnswer SoldOut = new(IsSuccess: false, "쿠폰 발급 수량이 유효하지 않습니다.");
    private static readonly CourseAnswer Duplicate = new(IsSuccess: false, "이미 발급된 쿠폰입니다.");

    [Fact]
    [Trait("Promise", "1")]
    public async Task Of_seed_003s_thousand_people_at_once_exactly_a_hundred_get_one_of_a_hundred_units()
    {
        var crowd = new Crowd(await CreateCouponAsync(100), Users(1_000));

        await crowd.AskAsync(Client, atOnce: 1_000);

        Assert.Equal(100, crowd.History.Count(Outcome.Issued));
        Assert.Equal(900, crowd.History.Count(Outcome.SoldOut));
        Assert.Equal(1_000, crowd.History.Answers.Count);
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, 100);
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task Of_seed_003s_thousand_people_at_once_exactly_a_hundred_succeed_on_the_courses_path()
    {
        var couponId = await CreateCouponAsync(100);

        var answers = await Task.WhenAll(Users(1_000).Select(user => Client.IssueAsInTheCourseAsync(couponId, user)));

        Assert.Equal(100, answers.Count(answer => answer == Success));
        Assert.Equal(900, answers.Count(answer => answer == SoldOut));
        Assert.Equal(100, (await Audit.QuietRowsAsync(Client, couponId)).Count);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Seed_002s_five_hundred_units_are_issued_and_stand_in_five_hundred_rows()
    {
        var crowd = new Crowd(await CreateCouponAsync(500), Users(4_000));

        await crowd.AskAsync(Client, Many);

        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, 500);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Seed_002s_five_hundred_units_are_issued_and_stand_in_five_hundred_rows_on_the_courses_path()
    {
        var couponId = await CreateCouponAsync(500);
        var answers = new CourseAnswer[4_000];

        await Parallel.ForAsync(0, answers.Length, new ParallelOptions { MaxDegreeOfParallelism = Many }, async (i, _) =>
            answers[i] = await Client.IssueAsInTheCourseAsync(couponId, 1 + (i / 2)));

        Assert.Equal(500, answers.Count(answer => answer == Success));
        Assert.Equal(500, answers.Count(answer => answer == Duplicate));
        Assert.Equal(3_000, answers.Count(answer => answer == SoldOut));
        Assert.Equal(500, (await Client.StatusAsync(couponId)).IssuedQuantity);
        Assert.Equal(500, (await Audit.QuietRowsAsync(Client, couponId)).Count);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task A_user_who_asks_several_times_at_once_gets_one_unit_and_hears_of_it_each_time()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), EachSeveralTimes(Users(500), times: 4));

        await crowd.AskAsync(Client, Many);

        Assert.Equal(500, crowd.History.Count(Outcome.Issued));
        Assert.Equal(1_500, crowd.History.Count(Outcome.Duplicate));
        await Audit.EverythingAgreesAsync(Client, crowd);
    }

    [Fact]
    [Trait("Promise", "2")]
    public async Task Of_a_hundred_requests_of_one_user_at_once_one_is_issued_even_if_one_unit_is_all_there_is()
    {
        var crowd = new Crowd(await CreateCouponAsync(1), EachSeveralTimes(Users(1), times: 100));

        await crowd.AskAsync(Client, atOnce: 100);

        Assert.Equal(1, crowd.History.Count(Outcome.Issued));
        Assert.Equal(99, crowd.History.Count(Outcome.Duplicate));
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, 1);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task The_read_model_is_never_ahead_of_the_entity_never_goes_back_and_catches_up()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd());
        using var enough = new CancellationTokenSource();
        var watching = WatchAsync();

        await crowd.AskAsync(Client, atOnce: 16, heard: null, enough.Token);

        await watching;
        await Audit.EverythingAgreesAsync(Client, crowd);

        async Task WatchAsync()
        {
            try
            {
                for (var seen = 0L; seen < 1_000;)
                {
                    var told = crowd.History.Count(Outcome.Issued);
                    var rows = (await Client.ListIssuesAsync(crowd.CouponId)).Count;
                    var projected = (await Client.FindCouponAsync(crowd.CouponId))?.IssuedQuantity ?? 0;
                    var issued = (await Client.StatusAsync(crowd.CouponId)).IssuedQuantity;
                    Assert.InRange(rows, seen, projected);
                    Assert.InRange(projected, rows, issued);
                    Assert.InRange(told, 0, issued);
                    seen = projected;
                }
            }
            finally
            {
                await enough.CancelAsync();
            }
        }
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task Tickets_are_dense_and_follow_the_order_of_answers_that_do_not_overlap()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), Users(3_000));

        // A closed loop of few clients, so that most answers don't overlap.
        await crowd.AskAsync(Client, atOnce: 8);

        Assert.Equal(3_000, crowd.History.Count(Outcome.Issued));
        await Audit.EverythingAgreesAsync(Client, crowd);
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task Nothing_is_issued_before_the_start_or_after_the_end()
    {
        var now = DateTimeOffset.UtcNow;
        var notOpen = new Crowd(await CreateCouponAsync(Policy.Open(10) with { DateIssueStart = now.AddHours(1) }), Users(100));
        var ended = new Crowd(await CreateCouponAsync(Policy.Open(10) with { DateIssueEnd = now.AddSeconds(-1) }), Users(100));

        await Task.WhenAll(notOpen.AskAsync(Client, atOnce: 16), ended.AskAsync(Client, atOnce: 16));

        Assert.Equal(100, notOpen.History.Count(Outcome.OutsidePeriod));
        Assert.Equal(100, ended.History.Count(Outcome.OutsidePeriod));
        Assert.Equal("NOT_OPEN", (await Client.StatusAsync(notOpen.CouponId)).State);
        Assert.Equal("ENDED", (await Client.StatusAsync(ended.CouponId)).State);
        Assert.Empty(await Audit.QuietRowsAsync(Client, notOpen.CouponId));
        Assert.Empty(await Audit.QuietRowsAsync(Client, ended.CouponId));
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task A_period_that_is_moved_counts_from_the_answer_on()
    {
        var now = DateTimeOffset.UtcNow;
        var couponId = await CreateCouponAsync(Policy.Open(Unlimited) with { DateIssueStart = now.AddHours(1) });
        Assert.Equal(Outcome.OutsidePeriod, (await Client.IssueAsync(couponId, 1)).Outcome);

        await Client.ChangeAsync(couponId, new { dateIssueStart = now.AddHours(-1) });
        Assert.Equal(Outcome.Issued, (await Client.IssueAsync(couponId, 1)).Outcome);

        await Client.ChangeAsync(couponId, new { dateIssueEnd = now.AddMinutes(-1) });
        Assert.Equal(Outcome.Duplicate, (await Client.IssueAsync(couponId, 1)).Outcome);
        Assert.Equal(Outcome.OutsidePeriod, (await Client.IssueAsync(couponId, 2)).Outcome);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_storm_of_refusals_and_duplicates_on_one_coupon_stops_no_other()
    {
        var stormy = new Crowd(await CreateCouponAsync(10), AgainAndAgain(Users(20)));
        var calm = new Crowd(await CreateCouponAsync(Unlimited), Users(500));
        using var calmIsDone = new CancellationTokenSource();
        var stormRages = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calming = AskInTheStormAsync();

        await stormy.AskAsync(Client, Many, Rage, calmIsDone.Token);

        await calming;
        Assert.Equal(500, calm.History.Count(Outcome.Issued));
        await Audit.EverythingAgreesAsync(Client, calm);
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, stormy, 10);

        void Rage(Answer answer)
        {
            if (answer.Refuses && stormy.History.Count(Outcome.Duplicate) > 0)
                stormRages.TrySetResult();
        }

        async Task AskInTheStormAsync()
        {
            try
            {
                await stormRages.Task.WaitAsync(Eventually.Deadline);
                await calm.AskAsync(Client, atOnce: 4);
            }
            finally
            {
                await calmIsDone.CancelAsync();
            }
        }
    }

    [Fact]
    [Trait("Promise", "1")]
    public async Task No_more_are_issued_than_the_total_while_it_is_raised_and_lowered_under_people_who_ask_and_use()
    {
        var total = 100;
        var couponId = await CreateCouponAsync(total);
        // The same people come back for each new total, and whoever got a unit uses it at once, twice.
        var crowd = new Crowd(couponId, AgainAndAgain(Users(1_000)));
        var uses = new List<Task<(Issue Issue, bool UsedNow)>>();
        using var everythingIsIssued = new CancellationTokenSource();
        var changing = ChangeAsync();

        await crowd.AskAsync(Client, Many, UseTwice, everythingIsIssued.Token);

        await changing;
        Assert.Equal(new Status(couponId, "SOLD_OUT", total, total, 0), await Client.StatusAsync(couponId));
        await Audit.EverythingAgreesAsync(Client, crowd);
        var used = await Task.WhenAll(uses);
        Assert.Equal(total, used.Count(use => use.UsedNow));
        var usedIssues = used.Select(use => use.Issue).Distinct().OrderBy(issue => issue.Ticket).ToList();
        Assert.Equal(total, usedIssues.Count);
        await Eventually.ReadAsync(
            "the read model shows every use as it was answered", () => Client.ListIssuesAsync(couponId), rows => rows.SequenceEqual(usedIssues));

        void UseTwice(Answer answer)
        {
            if (answer.Outcome != Outcome.Issued)
                return;
            lock (uses)
                uses.AddRange([Client.UseAsync(couponId, answer.UserId), Client.UseAsync(couponId, answer.UserId)]);
        }

        async Task ChangeAsync()
        {
            try
            {
                while (total < 500)
                {
                    await SoldOutAsync();
                    Assert.Null(await Client.ChangeAsync(couponId, new { totalQuantity = total - 1 }));
                    Assert.Equal(total + 200, (await Client.ChangeAsync(couponId, new { totalQuantity = total + 200 }))?.TotalQuantity);
                    // Lowered while people take what is left: it comes too late or it holds.
                    var lowered = await Client.ChangeAsync(couponId, new { totalQuantity = total + 100 });
                    Assert.InRange((await Client.StatusAsync(couponId)).IssuedQuantity, total, lowered is null ? total + 200 : total + 100);
                    total += lowered is null ? 200 : 100;
                }

                await SoldOutAsync();
            }
            finally
            {
                await everythingIsIssued.CancelAsync();
            }
        }

        Task SoldOutAsync() => Eventually.ReadAsync(
            $"all {total} are issued", () => Client.StatusAsync(couponId), status => status == new Status(couponId, "SOLD_OUT", total, total, 0));
    }
}
