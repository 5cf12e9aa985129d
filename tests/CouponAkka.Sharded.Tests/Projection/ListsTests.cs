using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.ReadModel;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.Logging;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Projection;

/// <summary>Lists of counters, beside coupons, in one read model on MariaDB.</summary>
public sealed class ListsTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();
    private readonly MySqlReadModel _lists;

    public ListsTests() => _lists = new MySqlReadModel(_test.Database, TimeProvider.System);

    private CouponDatabase Database => _test.Database;

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "4")]
    public async Task Lists_show_what_has_happened_in_pages_and_again_right_after_they_are_made_anew()
    {
        await Database.AppendAsync(7, 1, Created(), Issued(1, 101));
        await Database.AppendAsync(Counter(3, 1, new Counted(5)), Fence(3, 2), Counter(3, 3, Use(7, 3)), Counter(3, 4, Use(8, 3)), Counter(3, 5, Use(7, 4)));
        await Database.AppendAsync(Counter(4, 1, new Counted(1)), Counter(5, 1, new Counted(2)));
        await using var projection = new RunningProjection(Database, kinds: CounterKind.WithCounters);
        await ShouldBeShownAsync(projection);
        var before = await DumpAsync();

        await _test.ExecuteAsync(
            "UPDATE entity_views SET view = '{}'; "
            + "UPDATE list_lines SET line = '' WHERE position = 1; UPDATE list_lines SET position = 9 WHERE position = 2");
        await Rebuild.RunAsync(Database);

        await ShouldBeShownAsync(projection);
        await Eventually.HoldsAsync(async () => (await DumpAsync()).SequenceEqual(before), projection.Log.ToString);
        // What comes later starts from what is shown.
        await Database.AppendAsync(Counter(3, 6, Use(9, 3)));
        await ShownAsync(projection, () => _lists.ListOldestFirstAsync(CounterView.Uses, 3, 3, 10, default), [new ListLine("uses", 3, 4, "coupon 9")]);
        Assert.Null(projection.Status.Trouble);

        async Task ShouldBeShownAsync(RunningProjection projection)
        {
            await ShownAsync(
                projection,
                () => _lists.ListAsync(CounterKind.Instance, 0, 10, default),
                [CounterView.Json(8, 3), CounterView.Json(1, 0), CounterView.Json(2, 0)]);
            await ShownAsync(projection, () => _lists.ListAsync(CounterKind.Instance, 3, 1, default), [CounterView.Json(1, 0)]);
            await ShownAsync(
                projection, () => _lists.ListOldestFirstAsync(CounterView.Uses, 3, 1, 1, default), [new ListLine("uses", 3, 2, "coupon 8")]);
            await ShownAsync(
                projection,
                () => _lists.ListNewestFirstAsync(CounterView.Uses, 3, long.MaxValue, 2, default),
                [new ListLine("uses", 3, 3, "coupon 7"), new ListLine("uses", 3, 2, "coupon 8")]);
            await ShownAsync(projection, () => _lists.ListOldestFirstAsync(CounterView.Uses, 4, 0, 10, default), []);
        }
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Rows_in_any_order_and_many_times_are_shown_once()
    {
        JournalRow[] rows =
        [
            .. Enumerable.Range(3, 3).SelectMany(
                id => Enumerable.Range(1, 6).Select(number => Counter(id, number, number == 1 ? new Counted(2) : Use(number, id)))),
            .. Enumerable.Range(3, 2).SelectMany(id => new[] { Row(id, 1, Created()), Row(id, 2, Issued(1, 101, 102)) }),
        ];
        await Database.AppendAsync(rows);
        var random = new Random(20_261_128);
        for (var round = 0; round < 10; round++)
        {
            await Rebuild.RunAsync(Database);
            var (epoch, _) = await ReadModelWriter.BeginAsync(Database);
            var writer = new ReadModelWriter(Database, epoch, new MySqlProjectionStatus(TimeProvider.System), new LogLines<ListsTests>());
            var shuffled = rows.Concat(rows).OrderBy(_ => random.Next()).ToList();
            while (shuffled.Count > 0)
            {
                var some = shuffled[..random.Next(1, shuffled.Count + 1)];
                shuffled.RemoveRange(0, some.Count);
                await writer.WriteAsync(new JournalBatch(some, default, 0, []));
            }

            Assert.Equal(Enumerable.Repeat(CounterView.Json(7, 5), 3), await _lists.ListAsync(CounterKind.Instance, 0, 10, default));
            Assert.Equal(15, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM list_lines"));
            Assert.Equal(
                ["coupon 2", "coupon 3", "coupon 4", "coupon 5", "coupon 6"],
                (await _lists.ListOldestFirstAsync(CounterView.Uses, 4, 0, 10, default)).Select(line => line.Json));
            Assert.Equal(4, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues"));
        }
    }

    public static TheoryData<string, string> Poisons => new()
    {
        { "UPDATE journal SET message = x'FFFF' WHERE {0}", "can't be read" },
        { "UPDATE journal SET identifier = 4 WHERE {0}", "serializer 4" },
        { "DELETE FROM journal WHERE {0}", "number 3 is missing" },
        // Its bytes are sound, and what they say can't be.
        { "UPDATE journal SET message = CONVERT('{{\"Event\":\"{{\\\\\"By\\\\\":-8}}\"}}' USING binary), manifest = 'ct' WHERE {0}", "counts nothing" },
    };

    [Theory]
    [MemberData(nameof(Poisons))]
    [Trait("Promise", "10")]
    public async Task A_poisoned_counter_is_shown_as_it_was_and_stops_no_coupon_and_no_other_counter(string damage, string whatItIs)
    {
        var poisoned = new EntityKey(CounterKind.Instance, 7);
        await Database.AppendAsync(Counter(7, 1, new Counted(5)), Counter(7, 2, Use(1, 3)), Counter(7, 3, new Counted(1)), Counter(7, 4, Use(2, 3)));
        await _test.ExecuteAsync("CREATE TABLE whole LIKE journal; INSERT INTO whole SELECT * FROM journal");
        await _test.TamperAsync(string.Format(null, damage, "persistence_id = 'counter-7' AND sequence_number = 3"));
        await Database.AppendAsync(7, 1, Created(), Issued(1, 101));
        await Database.AppendAsync(Counter(8, 1, new Counted(2)));

        await using (var projection = new RunningProjection(Database, kinds: CounterKind.WithCounters))
        {
            await projection.CaughtUpAsync(Database);
            await Eventually.HoldsAsync(() => projection.Status.ParkedEntities.ContainsKey(poisoned), projection.Log.ToString);
            Assert.Contains(whatItIs, projection.Status.ParkedEntities[poisoned], StringComparison.Ordinal);
            Assert.Contains("counter 7", projection.Status.Trouble, StringComparison.Ordinal);
            Assert.True(projection.Log.Has(LogLevel.Critical, "counter 7 no further", "event 3"), projection.Log.ToString());
            Assert.Empty(projection.Status.Parked);
            await ShownAsync(projection, () => _lists.ListAsync(CounterKind.Instance, 0, 10, default), [CounterView.Json(6, 1), CounterView.Json(2, 0)]);
            Assert.Equal(["coupon 1"], (await _lists.ListOldestFirstAsync(CounterView.Uses, 7, 0, 10, default)).Select(line => line.Json));
            Assert.Equal(["101"], await _test.RowsAsync("SELECT user_id FROM coupon_issues WHERE coupon_id = 7"));
            Assert.Equal(["2"], await _test.RowsAsync("SELECT sequence_number FROM entity_views WHERE kind = 'counter' AND entity_id = 7"));
        }

        await _test.TamperAsync("REPLACE INTO journal SELECT * FROM whole");
        await using var mended = new RunningProjection(Database, kinds: CounterKind.WithCounters);
        await ShownAsync(mended, () => _lists.ListAsync(CounterKind.Instance, 0, 10, default), [CounterView.Json(8, 2), CounterView.Json(2, 0)]);
        await Eventually.HoldsAsync(() => mended.Status.Trouble is null, mended.Log.ToString);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task What_is_shown_of_one_is_damaged_and_parks_it_alone()
    {
        await Database.AppendAsync(Counter(3, 1, new Counted(5)), Counter(4, 1, new Counted(5)));
        await using (var projection = new RunningProjection(Database, kinds: CounterKind.WithCounters))
            await ShownAsync(projection, () => _lists.ListAsync(CounterKind.Instance, 0, 10, default), [CounterView.Json(5, 0), CounterView.Json(5, 0)]);
        await _test.ExecuteAsync("UPDATE entity_views SET view = '{' WHERE entity_id = 3");

        await using var next = new RunningProjection(Database, kinds: CounterKind.WithCounters);
        await Database.AppendAsync(Counter(3, 2, new Counted(1)), Counter(4, 2, new Counted(1)));
        await Database.AppendAsync(7, 1, Created());

        await next.CaughtUpAsync(Database);
        await Eventually.HoldsAsync(() => next.Status.ParkedEntities.ContainsKey(new EntityKey(CounterKind.Instance, 3)), next.Log.ToString);
        await ShownAsync(next, () => _lists.ListAsync(CounterKind.Instance, 3, 10, default), [CounterView.Json(6, 0)]);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_counter_that_was_passed_over_is_found_by_its_end_and_one_whose_journal_lost_its_end_is_an_alarm()
    {
        await Database.AppendAsync(Counter(3, 1, new Counted(5)), Counter(4, 1, new Counted(1)), Counter(4, 2, new Counted(1)));
        // As a version before, which knows no counters, would pass them over.
        await _test.ExecuteAsync("UPDATE projection_position SET ordering = 3");
        var key = new EntityKey(CounterKind.Instance, 4);
        var ends = new JournalEnds(Database, Eventually.Deadline);
        Assert.Equal(new JournalEnd(2, 0, 0), await ends.ReadAsync(key));
        await using (var projection = new RunningProjection(Database, kinds: CounterKind.WithCounters))
            await ShownAsync(projection, () => _lists.ListAsync(CounterKind.Instance, 0, 10, default), [CounterView.Json(5, 0), CounterView.Json(2, 0)]);
        Assert.Equal(new JournalEnd(2, 2, 0), await ends.ReadAsync(key));

        await _test.TamperAsync("DELETE FROM journal WHERE persistence_id = 'counter-4' AND sequence_number = 2");

        Assert.Equal(new JournalEnd(1, 2, 0), await ends.ReadAsync(key));
        await using var next = new RunningProjection(Database, kinds: CounterKind.WithCounters);
        await Eventually.HoldsAsync(
            () => next.Status.Trouble?.Contains("seen more than the journal holds: counter 4.", StringComparison.Ordinal) == true, next.Log.ToString);
        Assert.True(next.Log.Has(LogLevel.Critical, "counter 4 has seen event 2", "ends with event 1"), next.Log.ToString());
    }

    private static UseCounted Use(long couponId, long number) => new UseCounted(new Cause(CouponKind.Instance.Name, couponId, number));

    private async Task<List<string>> DumpAsync() =>
    [
        .. await _test.DumpAsync(),
        .. await _test.RowsAsync("SELECT * FROM entity_views ORDER BY kind, entity_id"),
        .. await _test.RowsAsync("SELECT * FROM list_lines ORDER BY list, owner, position"),
    ];

    private static async Task ShownAsync<T>(RunningProjection projection, Func<ValueTask<IReadOnlyList<T>>> list, T[] expected)
    {
        IReadOnlyList<T> shown = [];
        await Eventually.HoldsAsync(
            async () => (shown = await list()).SequenceEqual(expected), () => $"{string.Join(", ", shown)}\n{projection.Status.Trouble}\n{projection.Log}");
    }
}
