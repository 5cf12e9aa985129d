using System.Diagnostics;

namespace CouponAkka.Strategies.Tests;

/// <summary>What the seeds say of their ways: who is exact, and who is not.</summary>
public sealed class StrategyTests(Stores stores) : IClassFixture<Stores>
{
    [Theory]
    [InlineData("naive")]
    [InlineData("lock-inside")]
    [InlineData("lock-outside")]
    [InlineData("redis-lock")]
    [InlineData("record-lock")]
    [InlineData("record-lock-one-trip")]
    [InlineData("redis-incr")]
    [InlineData("redis-script")]
    public async Task One_after_the_other_every_way_is_exact(string way)
    {
        var strategy = stores.Strategy(way);
        var couponId = await stores.Tables.AddCouponAsync(2);

        Assert.Equal(Answer.Issued, await strategy.IssueAsync(couponId, 1));
        Assert.Equal(Answer.Issued, await strategy.IssueAsync(couponId, 2));
        Assert.Equal(Answer.SoldOut, await strategy.IssueAsync(couponId, 3));
        Assert.Equal(Answer.SoldOut, await strategy.IssueAsync(couponId, 4));
        Assert.Equal([1, 2], await stores.HoldersAsync(couponId));
    }

    [Theory]
    [InlineData("naive")]
    [InlineData("lock-inside")]
    [InlineData("lock-outside")]
    [InlineData("redis-lock")]
    [InlineData("record-lock")]
    [InlineData("record-lock-one-trip")]
    [InlineData("redis-script")]
    public async Task A_user_who_has_one_is_a_duplicate(string way)
    {
        var strategy = stores.Strategy(way);
        var couponId = await stores.Tables.AddCouponAsync(null);

        Assert.Equal(Answer.Issued, await strategy.IssueAsync(couponId, 1));
        Assert.Equal(Answer.Duplicate, await strategy.IssueAsync(couponId, 1));
        Assert.Equal([1], await stores.HoldersAsync(couponId));
    }

    [Theory]
    [InlineData("naive")]
    [InlineData("lock-inside")]
    [InlineData("lock-outside")]
    [InlineData("redis-lock")]
    [InlineData("record-lock")]
    [InlineData("record-lock-one-trip")]
    [InlineData("redis-incr")]
    [InlineData("redis-script")]
    public async Task A_coupon_that_is_not_there_is_said_to_be_not_there(string way) =>
        Assert.Equal(Answer.NoSuchCoupon, await stores.Strategy(way).IssueAsync(long.MaxValue, 1));

    [Theory]
    [InlineData("lock-outside")]
    [InlineData("redis-lock")]
    [InlineData("record-lock")]
    [InlineData("record-lock-one-trip")]
    [InlineData("redis-script")]
    public async Task In_a_crowd_these_are_exact(string way)
    {
        var (couponId, answers) = await CrowdAsync(stores.Strategy(way), units: 20, users: 50);

        Assert.Equal(20, answers.Count(answer => answer == Answer.Issued));
        var holders = await stores.HoldersAsync(couponId);
        Assert.Equal(20, holders.Count);
        Assert.Equal(20, holders.Distinct().Count());
    }

    [Theory]
    [InlineData("naive")]
    [InlineData("lock-inside")]
    public async Task In_a_crowd_these_oversell(string way)
    {
        var strategy = stores.Strategy(way);
        var tried = Stopwatch.StartNew();
        while (true)
        {
            var (couponId, _) = await CrowdAsync(strategy, units: 20, users: 50);
            if ((await stores.HoldersAsync(couponId)).Count > 20)
                return;
            Assert.True(tried.Elapsed < TimeSpan.FromSeconds(60), $"{way} has not oversold for a minute.");
        }
    }

    [Fact]
    public async Task Redis_incr_never_issues_more_than_there_are_and_to_one_user_twice()
    {
        var (couponId, answers) = await CrowdAsync(stores.Strategy("redis-incr"), units: 20, users: 5);

        Assert.Equal(10, answers.Count(answer => answer == Answer.Issued));
        Assert.Equal([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], await stores.HoldersAsync(couponId));
        (couponId, _) = await CrowdAsync(stores.Strategy("redis-incr"), units: 20, users: 50);
        Assert.Equal(20, (await stores.HoldersAsync(couponId)).Count);
    }

    [Fact]
    public async Task A_batch_that_comes_again_after_a_crash_is_written_once()
    {
        var couponId = await stores.Tables.AddCouponAsync(null);
        await stores.Redis.ListRightPushAsync(RedisScript.Queue, [$"{couponId}:1", $"{couponId}:2"]);
        Assert.Equal([1, 2], await stores.HoldersAsync(couponId));

        await stores.Redis.ListRightPushAsync(RedisScript.Queue, [$"{couponId}:2", $"{couponId}:3", $"{couponId}:3"]);

        Assert.Equal([1, 2, 3], await stores.HoldersAsync(couponId));
    }

    /// <summary>Everyone asks twice, all at once.</summary>
    private async Task<(long CouponId, Answer[] Answers)> CrowdAsync(IStrategy strategy, int units, int users)
    {
        var couponId = await stores.Tables.AddCouponAsync(units);
        var everyone = Enumerable.Range(1, users);
        return (couponId, await Task.WhenAll(everyone.Concat(everyone).Select(user => Task.Run(() => strategy.IssueAsync(couponId, user)))));
    }
}
