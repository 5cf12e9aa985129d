using System.Collections.Concurrent;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>What an engine promises when its processes are killed with SIGKILL in the middle of load.</summary>
public abstract class CrashSpecs<TEngine>(ITestOutputHelper report) : OwnEngineSpecs<TEngine>(report)
    where TEngine : IEngine, new()
{
    [Fact]
    [Trait("Promise", "3")]
    public async Task Every_201_survives_kill_9()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), Users(3_000));

        await AskAndKillAsync(crowd, Many, _ => crowd.History.Count(Outcome.Issued) >= 1_000);
        await Engine.StartAsync();

        await Audit.NothingToldIsMissingAsync(Client, crowd);
        await crowd.AskAsync(Client, Many);
        await Audit.EverythingAgreesAsync(Client, crowd);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task Every_use_and_every_change_that_was_answered_survives_kill_9()
    {
        const int clients = 8;
        var lastTotal = 1_000L;
        var crowd = new Crowd(await CreateCouponAsync(lastTotal), Users(500));
        await crowd.AskAsync(Client, Many);
        var used = new List<Issue>();
        var killed = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);

        await Task.WhenAll([ChangeUntilGoneAsync(), .. Enumerable.Range(0, clients).Select(UseUntilGoneAsync)]);
        await await killed.Task.WaitAsync(Eventually.Deadline);
        await Engine.StartAsync();

        Assert.InRange((await Client.StatusAsync(crowd.CouponId)).TotalQuantity!.Value, lastTotal, lastTotal + 1);
        await Audit.InParallelAsync(used, async told => Assert.Equal(told, await Client.FindIssueAsync(crowd.CouponId, told.UserId)));
        await Audit.EverythingAgreesAsync(Client, crowd);

        async Task UseUntilGoneAsync(int client)
        {
            foreach (var user in Users(500).Where(user => user % clients == client))
            {
                if (await UnlessGoneAsync(Client.UseAsync(crowd.CouponId, user)) is not { Issue: { } issue })
                    return;
                lock (used)
                {
                    used.Add(issue);
                    if (used.Count == 200)
                        killed.SetResult(Engine.KillAsync());
                }
            }
        }

        async Task ChangeUntilGoneAsync()
        {
            while (await UnlessGoneAsync(Client.ChangeAsync(crowd.CouponId, new { totalQuantity = lastTotal + 1 })) is not null)
                lastTotal++;
        }
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task What_the_read_model_has_shown_survives_kill_9()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd());
        var asking = crowd.AskAsync(Client, Many);

        var shown = await Eventually.ReadAsync("there are 500 rows", () => Client.ListIssuesAsync(crowd.CouponId), rows => rows.Count >= 500);
        await Engine.KillAsync();
        await asking;
        await Engine.StartAsync();

        await Audit.InParallelAsync(shown, async row => Assert.Equal(row, await Client.FindIssueAsync(crowd.CouponId, row.UserId)));
        await crowd.AskAgainAsync(Client, Many);
        await Audit.EverythingAgreesAsync(Client, crowd);
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task In_the_moment_the_first_sold_out_is_told_all_units_are_durable()
    {
        for (var total = 100; total <= 300; total += 100)
        {
            var crowd = new Crowd(await CreateCouponAsync(total), Users(1_000));

            await AskAndKillAsync(crowd, Many, answer => answer.Outcome == Outcome.SoldOut);
            await Engine.StartAsync();

            Assert.Equal(new Status(crowd.CouponId, "SOLD_OUT", total, total, 0), await Client.StatusAsync(crowd.CouponId));
            await crowd.AskAsync(Client, Many);
            await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, total);
        }
    }

    [Fact]
    [Trait("Promise", "6")]
    public async Task In_the_moment_a_duplicate_is_told_the_issue_is_durable()
    {
        for (var round = 1; round <= 3; round++)
        {
            var crowd = new Crowd(await CreateCouponAsync(Unlimited), EachSeveralTimes(Users(500), times: 3));
            var issued = new ConcurrentDictionary<long, Answer>();

            // The best moment is when "duplicate" overtakes the 201 that it speaks of.
            await AskAndKillAsync(crowd, Many, answer =>
            {
                if (answer.Outcome == Outcome.Issued)
                    issued.TryAdd(answer.UserId, answer);
                return answer.Outcome == Outcome.Duplicate
                    && (!issued.ContainsKey(answer.UserId) || crowd.History.Count(Outcome.Duplicate) >= 300);
            });
            await Engine.StartAsync();

            await Audit.NothingToldIsMissingAsync(Client, crowd);
            await crowd.AskAsync(Client, Many);
            await Audit.EverythingAgreesAsync(Client, crowd);
        }
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Every_unknown_resolves_to_the_first_issue_or_to_a_refusal_that_is_justified()
    {
        const int total = 1_000;
        var crowd = new Crowd(await CreateCouponAsync(total), EachSeveralTimes(UsersWithoutEnd(), times: 2));

        await AskAndKillAsync(crowd, atOnce: 200, _ => crowd.History.Count(Outcome.Issued) >= total * 8 / 10);
        Assert.NotEqual(0, crowd.History.Count(Outcome.Unknown));
        await Engine.StartAsync();

        // Others take what is left before those ask again who don't know what they got.
        var others = new Crowd(crowd.CouponId, Users(total).Select(user => 1_000_000 + user), crowd.History);
        await others.AskAsync(Client, Many);
        await crowd.AskAgainAsync(Client, Many);
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, total);
    }

    [Fact]
    [Trait("Promise", "9")]
    public async Task What_was_issued_up_to_the_end_is_still_there_when_replayed_after_the_end()
    {
        var crowd = new Crowd(await CreateCouponAsync(Unlimited), UsersWithoutEnd());
        var end = DateTimeOffset.MaxValue;
        CouponView? closed = null;
        var closing = Task.CompletedTask;

        await AskAndKillAsync(crowd, atOnce: 8, answer =>
        {
            if (answer.Issue?.Ticket == 100)
                closing = CloseSoonAsync();
            return answer.Outcome == Outcome.OutsidePeriod && closed is not null;
        });
        await closing;
        await Engine.StartAsync();

        await Audit.NothingToldIsMissingAsync(Client, crowd);
        await crowd.AskAgainAsync(Client, atOnce: 8);
        var rows = await Audit.EverythingAgreesAsync(Client, crowd);
        // A slow machine may have moved the end when it had passed already.
        Assert.All(rows, row => Assert.True(row.DateIssued < end || row.DateIssued <= closed!.DateUpdated, $"{row} is not before {end:O}"));
        Assert.Equal("ENDED", (await Client.StatusAsync(crowd.CouponId)).State);
        Assert.Equal(Outcome.Duplicate, (await Client.IssueAsync(crowd.CouponId, rows[^1].UserId)).Outcome);

        async Task CloseSoonAsync()
        {
            end = DateTimeOffset.UtcNow.AddMilliseconds(200);
            closed = await Client.ChangeAsync(crowd.CouponId, new { dateIssueEnd = end });
        }
    }

    [Fact]
    [Trait("Promise", "3")]
    [Trait("Promise", "7")]
    public async Task Ten_kills_under_load_one_after_another_on_the_same_data_lose_nothing_and_every_unknown_resolves()
    {
        const int total = 4_000;
        var crowd = new Crowd(await CreateCouponAsync(total), EachSeveralTimes(Users(5_000), times: 2));

        for (var kill = 1; kill <= 10; kill++)
        {
            // Odd steps, so that the kills meet the engine in different states.
            var enough = crowd.History.Count(Outcome.Issued) + (37 * kill);
            await AskAndKillAsync(crowd, Many, _ => crowd.History.Count(Outcome.Issued) >= enough);
            await Engine.StartAsync();
            await Audit.NothingToldIsMissingAsync(Client, crowd);
        }

        await crowd.AskAsync(Client, Many);
        await Audit.EverythingAgreesAndIsSoldOutAsync(Client, crowd, total);
    }

    private static async Task<T?> UnlessGoneAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }
}
