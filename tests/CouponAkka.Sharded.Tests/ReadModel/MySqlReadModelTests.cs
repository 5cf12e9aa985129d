using CouponAkka.Domain;
using CouponAkka.Engine.Ports;
using CouponAkka.Sharded.ReadModel;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB;

namespace CouponAkka.Sharded.Tests.ReadModel;

public sealed class MySqlReadModelTests : IAsyncLifetime
{
    private static readonly Timestamp Earliest = Timestamp.From(DateTimeOffset.MinValue);
    private static readonly Timestamp Latest = Timestamp.From(DateTimeOffset.MaxValue);
    private static readonly Timestamp At = new(1_700_000_000_123_456);

    private readonly TestDatabase _test = new();
    private readonly ShiftedTime _time = new();
    private readonly MySqlReadModel _readModel;

    public MySqlReadModelTests() => _readModel = new MySqlReadModel(_test.Database, _time);

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_coupon_is_listed_as_it_was_written_to_the_microsecond_and_in_all_the_years()
    {
        var plain = Coupon(7) with { TotalQuantity = 100, VendorId = 3, IssuedQuantity = 5, Stopped = true, DateUpdated = new(At.UnixMicroseconds + 1) };
        var extreme = Coupon(9_007_199_254_740_991) with { Title = "한정 쿠폰 🎁 '\\", DateIssueStart = Earliest, DateIssueEnd = Latest, DateCreated = new(-1) };
        await InsertAsync(plain, extreme);

        Assert.Equal([plain.ToView(), extreme.ToView()], await _readModel.ListCouponsAsync(0, 3, default));
    }

    [Fact]
    public async Task Coupons_are_listed_by_id_after_the_one_given()
    {
        await InsertAsync([.. new long[] { 5, 3, 11, 7 }.Select(Coupon)]);

        Assert.Equal([3, 5], await IdsAsync(0, 2));
        Assert.Equal([7, 11], await IdsAsync(5, 2));
        Assert.Empty(await IdsAsync(11, 2));

        async Task<IEnumerable<long>> IdsAsync(long after, int limit) =>
            (await _readModel.ListCouponsAsync(after, limit, default)).Select(coupon => coupon.CouponId);
    }

    [Fact]
    public async Task Issues_of_a_coupon_are_listed_by_ticket()
    {
        await InsertAsync(Issue(7, 1, 1_000), Issue(7, 2, 900), Issue(7, 3, 800), Issue(8, 1, 1_000));

        Assert.Equal([1, 2], (await _readModel.ListIssuesAsync(7, 0, 2, default)).Select(issue => issue.Ticket));
        Assert.Equal(Issue(7, 3, 800).ToIssue(), Assert.Single(await _readModel.ListIssuesAsync(7, 2, 2, default)));
        Assert.Empty(await _readModel.ListIssuesAsync(9, 0, 2, default));
    }

    [Fact]
    public async Task Issues_of_a_user_are_listed_newest_first_and_of_the_same_moment_the_higher_coupon_id_first()
    {
        var issues = Enumerable.Range(1, 9)
            .Select(coupon => Issue(coupon, ticket: 1, userId: 42) with { DateIssued = new(At.UnixMicroseconds + (coupon / 3)), DateUsed = coupon % 2 == 0 ? At : null })
            .Append(Issue(10, 1, 42) with { DateIssued = Earliest })
            .Append(Issue(11, 1, 42) with { DateIssued = Latest })
            .ToArray();
        await InsertAsync([.. issues, Issue(7, 2, userId: 43)]);
        var expected = issues.OrderByDescending(issue => issue.DateIssued).ThenByDescending(issue => issue.CouponId).Select(issue => issue.ToIssue()).ToList();

        foreach (var pageSize in (int[])[1, 2, 3, 20])
        {
            var listed = new List<Domain.Coupons.CouponIssue>();
            IssuePosition? after = null;
            while (await _readModel.ListIssuesOfUserAsync(42, after, pageSize, default) is { Count: > 0 } page)
            {
                listed.AddRange(page);
                after = new(page[^1].DateIssued, page[^1].CouponId);
            }

            Assert.Equal(expected, listed);
        }
    }

    [Fact]
    public async Task The_page_of_a_user_who_holds_many_coupons_is_a_range_of_one_index()
    {
        await InsertAsync([.. Enumerable.Range(1, 2_000).Select(coupon => Issue(coupon, 1, 42) with { DateIssued = new(At.UnixMicroseconds + coupon) })]);
        await _test.ExecuteAsync("ANALYZE TABLE coupon_issues");

        await using var connection = _test.Database.Connect();
        connection.InlineParameters = true;
        var page = MySqlReadModel.IssuesOfUser(connection, 42, new(new(At.UnixMicroseconds + 100), 100), 20);

        var plan = Assert.Single(await _test.RowsAsync($"EXPLAIN FORMAT=TRADITIONAL {page.ToSqlQuery().Sql}"));

        Assert.True(plan.Contains("|range|", StringComparison.Ordinal), plan);
        Assert.Contains("|coupon_issues_of_user|", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("filesort", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_reads_waits_for_what_was_answered_before_and_not_for_what_comes_after()
    {
        await _readModel.WaitUntilCaughtUpAsync(default);
        await _test.Database.AppendAsync(7, 1, JournalEntries.Created(), JournalEntries.Issued(1, 101));
        var first = _readModel.WaitUntilCaughtUpAsync(default).AsTask();
        var second = _readModel.WaitUntilCaughtUpAsync(default).AsTask();

        // It has looked once at least, and found that nothing is projected.
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        Assert.False(first.IsCompleted || second.IsCompleted);
        await _test.Database.AppendAsync(7, 3, JournalEntries.Issued(2, 102));
        await _test.ExecuteAsync("UPDATE projection_position SET settled = 2");

        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task Who_reads_waits_a_second_at_most()
    {
        await _test.Database.AppendAsync(7, 1, JournalEntries.Created());
        var waiting = _readModel.WaitUntilCaughtUpAsync(default).AsTask();

        _time.Shift(IReadModel.LongestWait);

        await waiting;
    }

    [Fact]
    public async Task Who_reads_hears_that_the_database_can_not_be_asked_and_the_next_one_is_asked_anew()
    {
        await _test.ExecuteAsync("RENAME TABLE projection_position TO elsewhere");
        await Assert.ThrowsAsync<ReadModelUnavailableException>(() => _readModel.WaitUntilCaughtUpAsync(default).AsTask());

        await _test.ExecuteAsync("RENAME TABLE elsewhere TO projection_position");

        await _readModel.WaitUntilCaughtUpAsync(default);
    }

    private static CouponRow Coupon(long id) => new()
    {
        Id = id,
        Title = $"Coupon {id}",
        DiscountAmount = 1_000,
        MinAvailableAmount = 20_000,
        DateIssueStart = At,
        DateIssueEnd = new(At.UnixMicroseconds + 1),
        DateCreated = At,
        DateUpdated = At,
    };

    private static IssueRow Issue(long couponId, long ticket, long userId) =>
        new() { CouponId = couponId, Ticket = ticket, UserId = userId, DateIssued = At, DateCreated = At, DateUpdated = At };

    private async Task InsertAsync<T>(params T[] rows)
        where T : class
    {
        await using var connection = _test.Database.Connect();
        foreach (var row in rows)
            await connection.InsertAsync(row);
    }
}
