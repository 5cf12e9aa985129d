using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Projection;
using CouponAkka.Standalone.ReadModel;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Projection;

/// <summary>Lists of a kind that brings no SQL: counters, and the uses that they have counted.</summary>
public sealed class ViewTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public ViewTests() => SQLitePCL.Batteries_V2.Init();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Lists_show_what_has_happened_in_pages()
    {
        await using var engine = await FilledAsync();

        Assert.Equal([CounterView.Json(2, 0), CounterView.Json(5, 2)], await engine.Lists.ListAsync(CounterKind.Instance, 0, 2, default));
        Assert.Equal([CounterView.Json(5, 2), CounterView.Json(1, 1)], await engine.Lists.ListAsync(CounterKind.Instance, 1, 5, default));
        Assert.Equal([Line(2, 1, 7), Line(2, 2, 8)], await engine.Lists.ListOldestFirstAsync(CounterView.Uses, 2, 0, 5, default));
        Assert.Equal([Line(2, 2, 8)], await engine.Lists.ListOldestFirstAsync(CounterView.Uses, 2, 1, 5, default));
        Assert.Equal([Line(2, 2, 8)], await engine.Lists.ListNewestFirstAsync(CounterView.Uses, 2, long.MaxValue, 1, default));
        Assert.Equal([Line(2, 1, 7)], await engine.Lists.ListNewestFirstAsync(CounterView.Uses, 2, 2, 5, default));
        Assert.Empty(await engine.Lists.ListOldestFirstAsync(CounterView.Uses, 1, 0, 5, default));
        Assert.Empty(await engine.Lists.ListOldestFirstAsync("others", 2, 0, 5, default));
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("read a second time")]
    [InlineData("of schema 3")]
    [InlineData("views are behind")]
    [Trait("Promise", "4")]
    public async Task Each_event_is_shown_exactly_once_whatever_became_of_the_read_model(string what)
    {
        await (await FilledAsync()).DisposeAsync();
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        switch (what)
        {
            case "deleted":
                TempDirectory.DeleteDatabase(_data.ReadModel);
                break;
            case "read a second time":
                DatabaseFile.Execute(_data.ReadModel, "UPDATE projection_position SET ordering = 0");
                break;
            case "of schema 3":
                DatabaseFile.Execute(_data.ReadModel, "PRAGMA user_version = 3; DROP TABLE entity_views; DROP TABLE list_lines");
                break;
            case "views are behind":
                TempDirectory.DeleteDatabase(_data.ReadModel);
                using (var journal = EventJournal.Open(_data.Journal))
                {
                    using var empty = ReadModelFile.Open(_data.ReadModel, journal, new LogLines<ProjectionLoop>());
                    // The last event of each counter, and of coupon 7, makes the ones before it be read.
                    empty.Execute($"UPDATE projection_position SET ordering = {journal.LastOrdering - 4}");
                }

                break;
        }

        await using (var again = Open())
            await again.ProjectedAsync();

        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    [Theory]
    [InlineData("contradicts")]
    [InlineData("unreadable")]
    [Trait("Promise", "10")]
    public async Task A_poisoned_counter_is_parked_and_no_coupon_and_no_other_counter_and_a_mended_one_goes_on(string what)
    {
        await (await FilledAsync()).DisposeAsync();
        var key = new EntityKey(CounterKind.Instance, 2);
        var other = new EntityKey(CounterKind.Instance, 1);
        var next = 0L;
        using (var journal = EventJournal.Open(_data.Journal))
        {
            next = journal.LastSequenceNumber(key) + 1;
            // In one group with events before it and after it.
            journal.Append(
            [
                new JournalWrite(key, next, [Use(9, 1), new Counted(what == "contradicts" ? -1 : 1), Use(9, 2)]),
                new JournalWrite(other, journal.LastSequenceNumber(other) + 1, [new Counted(7)]),
                new JournalWrite(Events.Key(8), 1, [Events.Created(), Events.Issued(1, 11)]),
            ]);
        }

        if (what == "unreadable")
        {
            DatabaseFile.Execute(
                _data.Journal, $"UPDATE events SET checksum = checksum + 1 WHERE kind = 99 AND entity_id = 2 AND sequence_number = {next + 1}");
        }

        await using (var engine = Open())
        {
            await engine.ProjectedAsync();
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is not null);
            Assert.Equal("Not projected any further: counter 2.", engine.Projection.Status.Trouble);
            Assert.Empty(engine.Projection.Status.Parked);
            Assert.Equal(
                [CounterView.Json(9, 0), CounterView.Json(6, 3), CounterView.Json(1, 1)], await engine.Lists.ListAsync(CounterKind.Instance, 0, 5, default));
            Assert.Equal(3, (await engine.Lists.ListOldestFirstAsync(CounterView.Uses, 2, 0, 9, default)).Count);
            Assert.Equal(1, DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT issued_quantity FROM coupons WHERE id = 8"));
            Assert.True(engine.ProjectionLog.Has(LogLevel.Critical, "counter 2 is no longer projected", $"event {next + 1} "), engine.ProjectionLog.ToString());
        }

        Mend(what, key, next + 1);
        await using var mended = Open();
        await mended.ProjectedAsync();
        await NoneIsParkedAsync();
        Assert.Contains(CounterView.Json(8, 4), await mended.Lists.ListAsync(CounterKind.Instance, 0, 5, default));
        await Eventually.HoldsAsync(() => mended.Projection.Status.Trouble is null);
    }

    [Fact]
    public async Task A_view_that_is_damaged_parks_its_entity_until_the_start_makes_it_anew()
    {
        await (await FilledAsync()).DisposeAsync();
        DatabaseFile.Execute(_data.ReadModel, "UPDATE entity_views SET view = 'nonsense' WHERE entity_id = 2");
        await using (var engine = Open())
        {
            await CountAsync(engine, 2, 1);
            await CountAsync(engine, 1, 1);
            await engine.ProjectedAsync();
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is not null);
            Assert.Equal("Not projected any further: counter 2.", engine.Projection.Status.Trouble);
        }

        await using var restarted = Open();
        await restarted.ProjectedAsync();
        await NoneIsParkedAsync();

        Assert.Equal(
            [CounterView.Json(3, 0), CounterView.Json(6, 2), CounterView.Json(1, 1)], await restarted.Lists.ListAsync(CounterKind.Instance, 0, 5, default));
    }

    private Task NoneIsParkedAsync() => Eventually.HoldsAsync(
        () => DatabaseFile.Scalar<long>(_data.ReadModel, "SELECT count(*) FROM entity_views WHERE parked_because IS NOT NULL") == 0);

    private static ListLine Line(long owner, long position, long couponId) => new(CounterView.Uses, owner, position, $"coupon {couponId}");

    private static UseCounted Use(long couponId, long number) => new(new Cause("coupon", couponId, number));

    private EngineInProcess Open() => new(_data, kinds: CounterKind.WithCounters);

    /// <summary>Coupon 7, and the counters 1, 2 and 3 with and without uses.</summary>
    private async Task<EngineInProcess> FilledAsync()
    {
        var engine = Open();
        await engine.CreateAsync(7, 5);
        await CountAsync(engine, 1, 2);
        await CountAsync(engine, 2, 3);
        await AskAsync(engine, 2, new CountUse(new Cause("coupon", 7, 3)));
        await engine.IssueAsync(7, 11);
        await AskAsync(engine, 2, new CountUse(new Cause("coupon", 8, 3)));
        await AskAsync(engine, 3, new CountUse(new Cause("coupon", 8, 4)));
        await AskAsync(engine, 1, new Wind(Timestamp.Latest));
        await engine.IssueAsync(7, 12);
        await engine.ProjectedAsync();
        return engine;
    }

    private static Task<Reply> CountAsync(EngineInProcess engine, long id, long by) => AskAsync(engine, id, new Count(by));

    private static Task<Reply> AskAsync(EngineInProcess engine, long id, Command command) =>
        engine.Entities.AskAsync(CounterKind.Instance, id, command).AsTask().WaitAsync(Eventually.Deadline);

    private void Mend(string what, EntityKey key, long number)
    {
        if (what == "unreadable")
        {
            DatabaseFile.Execute(
                _data.Journal, $"UPDATE events SET checksum = checksum - 1 WHERE kind = 99 AND entity_id = {key.Id} AND sequence_number = {number}");
            return;
        }

        var payload = CounterKind.Instance.Encode(new Counted(1), null);
        DatabaseFile.Execute(
            _data.Journal,
            $"""
            UPDATE events SET payload = x'{Convert.ToHexString(payload)}', checksum = {JournalRow.ChecksumOf(key, number, "ct", payload)}
            WHERE kind = 99 AND entity_id = {key.Id} AND sequence_number = {number}
            """);
    }
}
