using System.Data;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.Tests.Entities;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB;
using Microsoft.Extensions.Logging;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Projection;

public sealed class ProjectionTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    private CouponDatabase Database => _test.Database;

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    [Trait("Promise", "4")]
    public async Task Events_become_rows_and_the_rows_say_what_the_events_say()
    {
        await FillAsync(7, 8);
        await using var projection = new RunningProjection(Database);
        await projection.CaughtUpAsync(Database);

        Assert.Equal(
            ["7|Summer|FIRST_COME_FIRST_SERVED|NULL|5|1000|20000|3|2023-11-14 22:13:20.123456|2023-11-14 22:13:22.123456|2023-11-14 22:13:20.123456|2023-11-14 22:13:20.123461|False"],
            await _test.RowsAsync("SELECT * FROM coupons WHERE id = 7"));
        Assert.Equal(
            [
                "7|101|1|2023-11-14 22:13:20.123457|NULL|2023-11-14 22:13:20.123457|2023-11-14 22:13:20.123457",
                "7|102|2|2023-11-14 22:13:20.123458|2023-11-14 22:13:20.133458|2023-11-14 22:13:20.123458|2023-11-14 22:13:20.133458",
                "7|103|3|2023-11-14 22:13:20.123459|NULL|2023-11-14 22:13:20.123459|2023-11-14 22:13:20.123459",
                "7|104|4|2023-11-14 22:13:20.123460|NULL|2023-11-14 22:13:20.123460|2023-11-14 22:13:20.123460",
                "7|105|5|2023-11-14 22:13:20.123461|NULL|2023-11-14 22:13:20.123461|2023-11-14 22:13:20.123461",
            ],
            await _test.RowsAsync("SELECT * FROM coupon_issues WHERE coupon_id = 7 ORDER BY ticket"));
        Assert.Equal(["7|6|NULL", "8|6|NULL"], await _test.RowsAsync("SELECT * FROM projection_progress ORDER BY 1"));

        // A use of what an earlier transaction has written.
        await Database.AppendAsync(7, 7, Used(101, 1));
        await projection.CaughtUpAsync(Database);
        Assert.Equal(["2023-11-14 22:13:20.133457"], await _test.RowsAsync("SELECT date_used FROM coupon_issues WHERE coupon_id = 7 AND ticket = 1"));
        Assert.Null(projection.Status.Trouble);
        await Eventually.HoldsAsync(() => projection.Status.EventsBehind == 0 && projection.Status.Lag == TimeSpan.Zero);
    }

    [Fact]
    public async Task A_coupon_is_stopped_and_resumed_in_the_read_model_too()
    {
        var at = new Timestamp(At.UnixMicroseconds + 60);
        await Database.AppendAsync(7, 1, Created(), new IssuingStopped(at));
        await using var projection = new RunningProjection(Database);
        await projection.CaughtUpAsync(Database);
        Assert.Equal(["True|2023-11-14 22:13:20.123516"], await _test.RowsAsync("SELECT stopped, date_updated FROM coupons WHERE id = 7"));

        await Database.AppendAsync(7, 3, new IssuingResumed(at.Plus(TimeSpan.FromSeconds(1))));
        await projection.CaughtUpAsync(Database);

        Assert.Equal(["False|2023-11-14 22:13:21.123516"], await _test.RowsAsync("SELECT stopped, date_updated FROM coupons WHERE id = 7"));
        Assert.Null(projection.Status.Trouble);
    }

    [Fact]
    public async Task What_is_not_a_coupons_is_passed_over()
    {
        await Database.AppendAsync(Row(7, 1, Created()) with { PersistenceId = "warm-up-1" }, Row(7, 1, Created()) with { PersistenceId = "coupon-x" });
        await FillAsync(7);
        await Database.AppendAsync(Row(7, 1, null) with { PersistenceId = "warm-up-2" });

        var projection = await ProjectAsync();

        Assert.Null(projection.Trouble);
        await Eventually.HoldsAsync(async () => await PositionAsync() == 9);
        Assert.Equal(["7|6|NULL"], await _test.RowsAsync("SELECT * FROM projection_progress"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Events_that_are_read_a_second_time_are_skipped()
    {
        await FillAsync(7, 8);
        await ProjectAsync();
        var before = await _test.DumpAsync();
        await _test.ExecuteAsync("UPDATE projection_position SET ordering = 0");
        await Database.AppendAsync(8, 7, Used(101, 1));

        await ProjectAsync();

        Assert.Equal(before.Where(row => row.StartsWith('7')), (await _test.DumpAsync()).Where(row => row.StartsWith('7')));
        Assert.Equal(5, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues WHERE coupon_id = 8"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task An_event_that_skips_a_number_makes_the_missing_ones_be_read_first()
    {
        await FillAsync(7, 8);
        await ProjectAsync();
        var whole = await _test.DumpAsync();
        await Rebuild.RunAsync(Database);
        // As if all but the last event of each had been read, and none was applied.
        var (epoch, _) = await ReadModelWriter.BeginAsync(Database);
        var writer = Writer(epoch);
        var last = new[] { Row(8, 6, Issued(4, 104, 105)), Row(7, 6, Issued(4, 104, 105)) };

        await writer.WriteAsync(new JournalBatch(last, new(12, 12), 12, []));

        Assert.Equal(whole, await _test.DumpAsync());
        Assert.Equal(12, await PositionAsync());
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Events_in_any_order_and_many_times_are_applied_in_theirs_and_once()
    {
        await FillAsync(7, 8, 9);
        await ProjectAsync();
        var whole = await _test.DumpAsync();
        await using var connection = Database.Connect();
        var rows = await OrderingReader.ReadEntityAsync(connection.GetTable<JournalRow>(), CouponSettings.KeyOf(7), 0);
        rows.AddRange(await OrderingReader.ReadEntityAsync(connection.GetTable<JournalRow>(), CouponSettings.KeyOf(8), 0));
        rows.AddRange(await OrderingReader.ReadEntityAsync(connection.GetTable<JournalRow>(), CouponSettings.KeyOf(9), 0));
        var random = new Random(20_261_121);
        for (var round = 0; round < 20; round++)
        {
            await Rebuild.RunAsync(Database);
            var (epoch, _) = await ReadModelWriter.BeginAsync(Database);
            var writer = Writer(epoch);
            var shuffled = rows.Concat(rows).OrderBy(_ => random.Next()).ToList();
            while (shuffled.Count > 0)
            {
                var some = shuffled[..random.Next(1, shuffled.Count + 1)];
                shuffled.RemoveRange(0, some.Count);
                await writer.WriteAsync(new JournalBatch(some, default, 0, []));
            }

            Assert.Equal(whole, await _test.DumpAsync());
        }
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_row_that_could_be_seen_only_after_later_ones_is_projected()
    {
        await using var projection = new RunningProjection(Database);
        await using (var late = Database.Connect())
        {
            await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            await late.AppendAsync(Row(7, 1, Created()), Row(7, 2, Issued(1, 101)));
            await FillAsync(8);
            await projection.CaughtUpAsync(Database);
            Assert.Equal(["8"], await _test.RowsAsync("SELECT id FROM coupons"));
            await late.CommitTransactionAsync();
        }

        await projection.CaughtUpAsync(Database);
        Assert.Equal(["7|2|NULL", "8|6|NULL"], await _test.RowsAsync("SELECT * FROM projection_progress ORDER BY 1"));
        Assert.Equal(["101"], await _test.RowsAsync("SELECT user_id FROM coupon_issues WHERE coupon_id = 7"));
        Assert.Empty(projection.Status.Parked);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task An_event_whose_predecessor_can_not_be_seen_yet_waits_for_it()
    {
        await using var projection = new RunningProjection(Database);
        await Database.AppendAsync(7, 1, Created());
        await projection.CaughtUpAsync(Database);
        await using (var late = Database.Connect())
        {
            await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            await late.AppendAsync(Row(7, 2, Issued(1, 101)));
            await Database.AppendAsync(7, 3, Issued(2, 102));
            await Eventually.HoldsAsync(() => projection.Status.Parked.ContainsKey(7));
            Assert.True(projection.Log.Has(LogLevel.Critical, "coupon 7", "event 2"), projection.Log.ToString());
            Assert.Empty(await _test.RowsAsync("SELECT * FROM coupon_issues"));
            await late.CommitTransactionAsync();
        }

        await projection.CaughtUpAsync(Database);
        Assert.Equal(["101", "102"], await _test.RowsAsync("SELECT user_id FROM coupon_issues ORDER BY ticket"));
        await Eventually.HoldsAsync(() => projection.Status.Trouble is null);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_row_is_projected_however_late_it_can_be_seen()
    {
        var time = new ShiftedTime();
        await using var projection = new RunningProjection(Database, time);
        await using (var late = Database.Connect())
        {
            await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            await late.AppendAsync(Row(7, 1, Created()));
            await FillAsync(8);
            await projection.CaughtUpAsync(Database);
            // While the hole is open, whoever restarts reads it again; some time it is given up.
            Assert.Equal(0, await PositionAsync());
            time.Shift(OrderingHoles.Patience + TimeSpan.FromSeconds(10));
            await Eventually.HoldsAsync(async () => await PositionAsync() == 7);
            await late.CommitTransactionAsync();
        }

        time.Shift(TimeSpan.FromMinutes(2));
        await projection.CaughtUpAsync(Database);
        Assert.Equal(["7", "8"], await _test.RowsAsync("SELECT id FROM coupons ORDER BY id"));
        Assert.Empty(projection.Status.Parked);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task What_could_not_be_seen_before_a_restart_is_seen_after_it()
    {
        await using (var late = Database.Connect())
        {
            await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            await late.AppendAsync(Row(7, 1, Created()));
            await FillAsync(8);
            await using (var projection = new RunningProjection(Database))
                await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues") == 5);
            // As if the hole had been given up.
            await _test.ExecuteAsync("UPDATE projection_position SET ordering = 7");
            await late.CommitTransactionAsync();
        }

        await ProjectAsync();

        Assert.Equal(["7", "8"], await _test.RowsAsync("SELECT id FROM coupons ORDER BY id"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Numbers_that_were_rolled_back_stop_nothing()
    {
        var time = new ShiftedTime();
        await using var projection = new RunningProjection(Database, time);
        for (var round = 0; round < 5; round++)
        {
            await using var undone = Database.Connect();
            await undone.BeginTransactionAsync(IsolationLevel.ReadCommitted);
            await undone.AppendAsync(Row(9, 1, Created()));
            await FillAsync(10 + round);
            await undone.RollbackTransactionAsync();
        }

        await projection.CaughtUpAsync(Database);
        Assert.Equal(["10", "11", "12", "13", "14"], await _test.RowsAsync("SELECT id FROM coupons ORDER BY id"));
        time.Shift(OrderingHoles.Patience + TimeSpan.FromSeconds(10));
        var end = await _test.ScalarAsync<long>("SELECT MAX(ordering) FROM journal");
        await Eventually.HoldsAsync(async () => await PositionAsync() == end);
        Assert.Null(projection.Status.Trouble);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_transaction_that_fails_in_the_middle_is_rolled_back_and_made_again_and_applies_nothing_twice()
    {
        // An error that tells nothing about the event, after other rows of the same transaction.
        await _test.ExecuteAsync(
            "CREATE TRIGGER broken BEFORE INSERT ON coupons FOR EACH ROW IF NEW.id = 8 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'out of order'; END IF");
        await FillAsync(7, 8);
        await using (var projection = new RunningProjection(Database))
        {
            await Eventually.HoldsAsync(() => projection.Status.Trouble is not null);
            Assert.Contains("out of order", projection.Status.Trouble, StringComparison.Ordinal);
            Assert.Empty(await _test.DumpAsync());
            await _test.ExecuteAsync("DROP TRIGGER broken");
            await projection.CaughtUpAsync(Database);
            await Eventually.HoldsAsync(() => projection.Status.Trouble is null);
            Assert.Empty(projection.Status.Parked);
        }

        await ShouldBeAsRebuiltAsync();
        Assert.Equal(10, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues"));
    }

    [Fact]
    [Trait("Promise", "11")]
    public async Task The_read_model_that_is_made_anew_while_events_come_is_the_same()
    {
        await FillAsync(7, 8);
        await using (var projection = new RunningProjection(Database))
        {
            await projection.CaughtUpAsync(Database);
            for (var round = 0; round < 5; round++)
            {
                await Database.AppendAsync(7, 7 + round, Issued(6 + round, 1_000 + round));
                await Rebuild.RunAsync(Database);
                await FillAsync(20 + round);
            }

            await projection.CaughtUpAsync(Database);
            await Rebuild.RunAsync(Database);
            await Rebuild.RunAsync(Database);
            await projection.CaughtUpAsync(Database);
            Assert.Equal((7 * 5) + 5, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues"));
            Assert.Empty(projection.Status.Parked);
        }

        await ShouldBeAsRebuiltAsync();
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_writer_whose_turn_is_over_writes_nothing()
    {
        await FillAsync(7);
        var (epoch, _) = await ReadModelWriter.BeginAsync(Database);
        var zombie = Writer(epoch);
        await zombie.WriteAsync(new JournalBatch([Row(7, 1, null)], new(1, 1), 1, []));
        var before = await _test.DumpAsync();
        await ReadModelWriter.BeginAsync(Database);

        await Assert.ThrowsAsync<NotTheWriterException>(() => zombie.WriteAsync(new JournalBatch([Row(7, 2, Created())], new(2, 2), 2, [])));

        Assert.Equal(before, await _test.DumpAsync());
        Assert.Equal(1, await PositionAsync());
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Two_projections_at_once_apply_each_event_once()
    {
        await using (var one = new RunningProjection(Database))
        await using (var other = new RunningProjection(Database))
        {
            for (var round = 0; round < 40; round++)
            {
                await Database.AppendAsync(7 + (round % 4), 1 + (round / 4), round < 4 ? Created() : Issued(round / 4, 100 + round));
                await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT SUM(sequence_number) FROM projection_progress") > round);
            }

            await one.CaughtUpAsync(Database);
            Assert.Empty(one.Status.Parked);
            Assert.Empty(other.Status.Parked);
            Assert.True(one.Log.Has(LogLevel.Error, "another one has begun") || other.Log.Has(LogLevel.Error, "another one has begun"), $"{one.Log}\n{other.Log}");
        }

        Assert.Equal(36, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues"));
        await ShouldBeAsRebuiltAsync();
    }

    [Fact]
    public async Task A_projection_that_was_stopped_leaves_the_journal_alone_and_says_so()
    {
        await using (var projection = new RunningProjection(Database))
        {
            await FillAsync(7);
            await projection.CaughtUpAsync(Database);
            Assert.True(projection.Status.IsRunning);
            await projection.DisposeAsync();
            Assert.False(projection.Status.IsRunning);
            Assert.False(projection.Log.Has(LogLevel.Error), projection.Log.ToString());
        }

        await FillAsync(8);
        await ProjectAsync();
        Assert.Equal(["7|6|NULL", "8|6|NULL"], await _test.RowsAsync("SELECT * FROM projection_progress ORDER BY 1"));
    }

    /// <summary>Coupons with a fence, a creation, issues, a use and a change: six events and five units each.</summary>
    private async Task FillAsync(params long[] couponIds)
    {
        foreach (var couponId in couponIds)
            await Database.AppendAsync(couponId, 1, null, Created(), Issued(1, 101, 102, 103), Used(102, 2), Changed(), Issued(4, 104, 105));
    }

    private async Task<MySqlProjectionStatus> ProjectAsync()
    {
        await using var projection = new RunningProjection(Database);
        await projection.CaughtUpAsync(Database);
        return projection.Status;
    }

    private async Task ShouldBeAsRebuiltAsync()
    {
        var before = await _test.DumpAsync();
        await Rebuild.RunAsync(Database);
        Assert.Empty(await _test.DumpAsync());
        await ProjectAsync();
        Assert.Equal(before, await _test.DumpAsync());
    }

    private Task<long> PositionAsync() => _test.ScalarAsync<long>("SELECT ordering FROM projection_position");

    private ReadModelWriter Writer(long epoch) => new(Database, epoch, new MySqlProjectionStatus(TimeProvider.System), new LogLines<ProjectionTests>());
}
