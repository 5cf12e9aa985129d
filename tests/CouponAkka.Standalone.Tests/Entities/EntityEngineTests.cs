using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Standalone.Tests.Support;

namespace CouponAkka.Standalone.Tests.Entities;

public sealed class EntityEngineTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task An_idle_coupon_is_retired_and_wakes_again_with_all_it_knew()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 3);
        var first = await engine.IssueAsync(7, 1);
        Assert.IsType<Used>(await engine.AskAsync(7, new UseCoupon(1, 10_000)));
        Assert.IsType<CouponStands>(await engine.AskAsync(7, new ChangeCoupon(TotalQuantity: new NewTotal(2))));
        Assert.Equal(1, engine.Entities.CountOf(CouponKind.Instance));

        engine.Entities.RetireIdle(TimeSpan.FromHours(1));
        Assert.Equal(1, engine.Entities.CountOf(CouponKind.Instance));
        engine.Entities.RetireIdle(TimeSpan.Zero);
        Assert.Equal(0, engine.Entities.CountOf(CouponKind.Instance));

        var duplicate = await engine.RefusedAsync(7, new IssueCoupon(1));
        Assert.Equal(RefusalReason.DuplicatedIssue, duplicate.Reason);
        Assert.Equal(first, duplicate.Issue! with { DateUsed = null });
        Assert.NotNull(duplicate.Issue.DateUsed);
        Assert.Equal(2, (await engine.IssueAsync(7, 2)).Ticket);
        Assert.Equal(RefusalReason.SoldOut, (await engine.RefusedAsync(7, new IssueCoupon(3))).Reason);
    }

    [Fact]
    [Trait("Promise", "8")]
    public async Task A_coupon_that_is_retired_all_the_time_while_many_ask_gives_dense_tickets()
    {
        const int users = 2_000;
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, users / 2);
        using var enough = new CancellationTokenSource();
        var retiring = Task.Run(() =>
        {
            while (!enough.IsCancellationRequested)
                engine.Entities.RetireIdle(TimeSpan.Zero);
        });

        var next = 0;
        var issued = new System.Collections.Concurrent.ConcurrentBag<CouponIssue>();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var user = Interlocked.Increment(ref next); user <= users; user = Interlocked.Increment(ref next))
            {
                if (await engine.AskAsync(7, new IssueCoupon(user)) is Issued answer)
                    issued.Add(answer.Issue);
            }
        })));
        await enough.CancelAsync();
        await retiring;

        Assert.Equal(engine.Durable(7), issued.OrderBy(issue => issue.Ticket));
        Assert.Equal(Enumerable.Range(1, users / 2).Select(ticket => (long)ticket), engine.Durable(7).Select(issue => issue.Ticket));
    }

    [Fact]
    public async Task A_coupon_with_a_write_on_its_way_is_not_retired()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 3);
        engine.Disk.Next(WriteFault.HangsBeforeItLands);
        var waits = engine.AskAsync(7, new IssueCoupon(1));
        await engine.Disk.HangsAsync();

        engine.Entities.RetireIdle(TimeSpan.Zero);
        var duplicate = engine.AskAsync(7, new IssueCoupon(1));
        Assert.False(duplicate.IsCompleted);
        engine.Disk.Resume();

        var issue = Assert.IsType<Issued>(await waits).Issue;
        Assert.Equal(issue, Assert.IsType<Refused>(await duplicate).Issue);
    }

    [Fact]
    public async Task Coupons_that_do_not_exist_are_not_remembered()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, 3);

        await Task.WhenAll(Enumerable.Range(1_000, 1_000).Select(async couponId =>
        {
            Assert.Equal(RefusalReason.CouponNotExist, (await engine.RefusedAsync(couponId, new IssueCoupon(1))).Reason);
            Assert.Equal(RefusalReason.CouponNotExist, (await engine.RefusedAsync(couponId, GetStatus.Instance)).Reason);
        }));

        Assert.Equal(1, engine.Entities.CountOf(CouponKind.Instance));
    }

    [Fact]
    public async Task A_coupon_asked_for_before_it_is_created_exists_once_it_is_created()
    {
        await using var engine = new EngineInProcess(_data);
        for (var couponId = 1; couponId <= 200; couponId++)
        {
            var asks = Enumerable.Range(1, 4).Select(user => engine.AskAsync(couponId, new IssueCoupon(user))).ToList();
            await engine.CreateAsync(couponId, 10);
            await Task.WhenAll(asks);
            Assert.IsType<StatusIs>(await engine.AskAsync(couponId, GetStatus.Instance));
        }
    }

    [Fact]
    [Trait("Promise", "1")]
    [Trait("Promise", "8")]
    public async Task Of_many_coupons_at_once_each_issues_its_total_and_what_is_durable_is_what_was_told()
    {
        const int coupons = 200;
        const int total = 20;
        await using var engine = new EngineInProcess(_data);
        await Task.WhenAll(Enumerable.Range(1, coupons).Select(couponId => engine.CreateAsync(couponId, total)));

        var answers = await Task.WhenAll(
            from user in Enumerable.Range(1, 2 * total)
            from couponId in Enumerable.Range(1, coupons)
            select engine.AskAsync(couponId, new IssueCoupon(user)));

        Assert.Equal(coupons * total, answers.Count(answer => answer is Issued));
        Assert.Equal(coupons * total, answers.Count(answer => answer is Refused { Reason: RefusalReason.SoldOut }));
        Assert.All(Enumerable.Range(1, coupons), couponId =>
        {
            var told = answers.OfType<Issued>().Select(issued => issued.Issue).Where(issue => issue.CouponId == couponId);
            Assert.Equal(engine.Durable(couponId), told.OrderBy(issue => issue.Ticket));
        });
    }
}
