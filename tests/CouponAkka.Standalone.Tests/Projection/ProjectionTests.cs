using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Projection;
using CouponAkka.Standalone.ReadModel;
using CouponAkka.Standalone.Tests.Journal;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Projection;

public sealed class ProjectionTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public ProjectionTests() => SQLitePCL.Batteries_V2.Init();

    public void Dispose() => _data.Dispose();

    [Fact]
    [Trait("Promise", "11")]
    public async Task A_read_model_that_was_deleted_is_rebuilt_the_same()
    {
        await FillAsync();
        await ProjectAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        TempDirectory.DeleteDatabase(_data.ReadModel);

        await ProjectAsync();

        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
        Assert.Equal(40, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task An_older_copy_of_the_read_model_catches_up_and_applies_each_event_exactly_once()
    {
        await FillAsync();
        await ProjectAsync();
        File.Copy(_data.ReadModel, _data.In("older.db"));
        await using (var engine = new EngineInProcess(_data))
        {
            await engine.IssueAsync(7, Enumerable.Range(100, 30).Select(user => (long)user));
            Assert.IsType<Used>(await engine.AskAsync(7, new UseCoupon(100)));
            await engine.ProjectedAsync();
        }

        var newest = DatabaseFile.DumpReadModel(_data.ReadModel);
        TempDirectory.DeleteDatabase(_data.ReadModel);
        File.Move(_data.In("older.db"), _data.ReadModel);

        await ProjectAsync();

        Assert.Equal(newest, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Events_that_are_read_a_second_time_are_skipped()
    {
        await FillAsync();
        await ProjectAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        DatabaseFile.Execute(_data.ReadModel, "UPDATE projection_position SET ordering = 0");

        await ProjectAsync();

        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task An_event_that_skips_a_number_makes_the_missing_ones_be_read_first()
    {
        await FillAsync();
        await ProjectAsync();
        var whole = DatabaseFile.DumpCoupon(_data.ReadModel, 7);
        // The position says that all but the last event of coupon 7 was read; its progress says that nothing was.
        TempDirectory.DeleteDatabase(_data.ReadModel);
        using (var journal = EventJournal.Open(_data.Journal))
        {
            using var empty = ReadModelFile.Open(_data.ReadModel, journal, new LogLines<ProjectionLoop>());
            empty.Execute($"UPDATE projection_position SET ordering = {journal.ReadEntity(Events.Key(7), 0).Last().Ordering - 1}");
        }

        await ProjectAsync();

        Assert.Equal(whole, DatabaseFile.DumpCoupon(_data.ReadModel, 7));
        Assert.Equal(
            DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT issued_quantity FROM coupons WHERE id = 7"),
            DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 7"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_coupon_that_is_far_behind_catches_up_in_parts_to_its_very_end()
    {
        const int groups = 40, size = 1_000;
        using (var journal = EventJournal.Open(_data.Journal))
        {
            journal.Append([Events.Coupon(7, [.. Enumerable.Range(0, groups).Select(group => Events.Issued(
                (group * size) + 1, [.. Enumerable.Range((group * size) + 1, size).Select(user => 1_000_000_000L + user)]))])]);
            using var empty = ReadModelFile.Open(_data.ReadModel, journal, new LogLines<ProjectionLoop>());
            // All but the last event is said to be read, and of the coupon nothing.
            empty.Execute($"UPDATE projection_position SET ordering = {journal.LastOrdering - 1}");
        }

        await ProjectAsync();

        Assert.Equal(groups * size, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues"));
        Assert.Equal(groups * size, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT issued_quantity FROM coupons WHERE id = 7"));
        Assert.Equal(["7|41|"], DatabaseFile.Rows(_data.ReadModel, "SELECT * FROM projection_progress"));
    }

    [Theory]
    [MemberData(nameof(DamagedJournalTests.Damages), MemberType = typeof(DamagedJournalTests))]
    [Trait("Promise", "10")]
    public async Task A_poison_event_parks_its_coupon_and_no_other_and_a_mended_one_is_projected_after_a_restart(string damage, string whatItIs)
    {
        await FillAsync();
        await ProjectAsync();
        var whole = DatabaseFile.DumpCoupon(_data.ReadModel, 7);
        TempDirectory.DeleteDatabase(_data.ReadModel);
        File.Copy(_data.Journal, _data.In("whole.db"));
        DatabaseFile.Execute(_data.Journal, damage);

        await using (var engine = new EngineInProcess(_data))
        {
            await engine.ProjectedAsync();
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is not null);
            Assert.Contains("coupon 7", engine.Projection.Status.Trouble, StringComparison.Ordinal);
            Assert.True(engine.ProjectionLog.Has(LogLevel.Critical, "coupon 7", "Event 2 of coupon 7 is " + whatItIs), engine.ProjectionLog.ToString());
            Assert.Contains(
                "Event 2 of coupon 7 is " + whatItIs,
                DatabaseFile.Scalar<string>(_data.ReadModel, "SELECT parked_because FROM projection_progress WHERE coupon_id = 7"),
                StringComparison.Ordinal);
            Assert.Equal(0, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 7"));

            await engine.IssueAsync(8, 1_000);
            await engine.ProjectedAsync();
            Assert.Equal(1, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 8 AND user_id = 1000"));
        }

        // Mended, as the journal's copy has it.
        DatabaseFile.Execute(_data.Journal, $"""
            ATTACH '{_data.In("whole.db")}' AS whole;
            DELETE FROM events WHERE ordering IN (SELECT ordering FROM whole.events);
            INSERT INTO events SELECT * FROM whole.events;
            """);
        await ProjectAsync();

        Assert.Equal(whole, DatabaseFile.DumpCoupon(_data.ReadModel, 7));
        Assert.Equal(20, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 7"));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_broken_row_stops_only_its_coupon_and_once_mended_the_coupon_goes_on_where_it_was()
    {
        await FillAsync();
        await ProjectAsync();
        // The last user of the next group stands in the read model already, who knows why.
        DatabaseFile.Execute(_data.ReadModel, "INSERT INTO coupon_issues VALUES (7, 203, 999, 0, NULL, 0, 0)");
        using (var journal = EventJournal.Open(_data.Journal))
        {
            journal.Append(
            [
                new JournalWrite(Events.Key(7), journal.LastSequenceNumber(Events.Key(7)) + 1, [Events.Issued(21, 201, 202, 203)]),
                new JournalWrite(Events.Key(8), journal.LastSequenceNumber(Events.Key(8)) + 1, [Events.Issued(21, 201, 202, 203)]),
            ]);
        }

        await using (var engine = new EngineInProcess(_data))
        {
            await engine.ProjectedAsync();
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is not null);
            Assert.Contains("coupon 7", engine.Projection.Status.Trouble, StringComparison.Ordinal);
            Assert.Equal(23, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 8"));
            // Nothing of the event that did not fit.
            Assert.Equal(0, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 7 AND user_id IN (201, 202)"));
            Assert.Equal(20, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT issued_quantity FROM coupons WHERE id = 7"));
        }

        DatabaseFile.Execute(_data.ReadModel, "DELETE FROM coupon_issues WHERE ticket = 999");
        await ProjectAsync();

        Assert.Equal(23, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 7"));
        Assert.Equal(23, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT issued_quantity FROM coupons WHERE id = 7"));
        Assert.Equal(0, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM projection_progress WHERE parked_because IS NOT NULL"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_transaction_that_fails_in_the_middle_is_rolled_back_and_made_again_and_applies_nothing_twice()
    {
        await FillAsync();
        await ProjectAsync();
        await using (var engine = new EngineInProcess(_data))
        {
            await engine.ProjectedAsync();
            // An error that tells nothing about the event, after others of the same transaction have been applied.
            DatabaseFile.Execute(_data.ReadModel, """
                CREATE TRIGGER broken BEFORE INSERT ON coupon_issues WHEN NEW.user_id = 305
                BEGIN SELECT abs(-9223372036854775807 - 1); END
                """);
            await engine.IssueAsync(8, [301, 302]);
            await engine.IssueAsync(7, [303, 304, 305, 306]);
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is not null);
            await engine.IssueAsync(8, [307]);
            Assert.DoesNotContain("coupon", engine.Projection.Status.Trouble, StringComparison.Ordinal);
            Assert.DoesNotContain("integer overflow", engine.Projection.Status.Trouble, StringComparison.Ordinal);
            Assert.True(engine.ProjectionLog.Has(LogLevel.Error, "can't follow the journal"), engine.ProjectionLog.ToString());
            DatabaseFile.Execute(_data.ReadModel, "DROP TRIGGER broken");
            await engine.ProjectedAsync();
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is null, () => engine.Projection.Status.Trouble ?? "");
        }

        var caughtUp = Read();
        TempDirectory.DeleteDatabase(_data.ReadModel);
        await ProjectAsync();
        Assert.Equal(Read(), caughtUp);
        Assert.Equal(24, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 7"));
        Assert.Equal(23, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM coupon_issues WHERE coupon_id = 8"));

        List<string> Read() => [.. DatabaseFile.DumpCoupon(_data.ReadModel, 7), .. DatabaseFile.DumpCoupon(_data.ReadModel, 8)];
    }

    /// <summary>Coupon 7 and coupon 8, of which each has been issued to twenty users and one has been used.</summary>
    private async Task FillAsync()
    {
        await using var engine = new EngineInProcess(_data);
        foreach (var couponId in new[] { 7, 8 })
        {
            await engine.CreateAsync(couponId, null);
            await engine.IssueAsync(couponId, 1);
            Assert.IsType<Used>(await engine.AskAsync(couponId, new UseCoupon(1)));
            Assert.IsType<CouponStands>(await engine.AskAsync(couponId, new ChangeCoupon("Better", new NewTotal(1_000))));
            await engine.IssueAsync(couponId, Enumerable.Range(2, 19).Select(user => (long)user));
        }
    }

    private async Task ProjectAsync()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.ProjectedAsync();
    }
}
