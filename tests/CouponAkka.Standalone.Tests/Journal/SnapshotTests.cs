using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Journal;

public sealed class SnapshotTests : IDisposable
{
    /// <summary>A coupon this large has had a snapshot.</summary>
    private const int Large = 25_000;

    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Recovery_from_snapshot_and_events_is_the_same_as_from_events_alone()
    {
        await FillAsync();
        var fromSnapshot = await StateAsync(out var log);
        Assert.False(log.Has(LogLevel.Warning), log.ToString());

        File.Delete(_data.Snapshot(7));
        var fromEvents = await StateAsync(out _);

        Assert.Equal(fromEvents, fromSnapshot);
        Assert.Equal(Large, fromEvents.Status.IssuedQuantity);
        Assert.Equal(2, fromEvents.Holders.Count(holder => holder.DateUsed is not null));
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("truncated")]
    [InlineData("damaged")]
    [InlineData("of an unknown format")]
    [InlineData("of another coupon")]
    public async Task A_snapshot_that_is_no_good_is_left_out_with_a_warning_and_the_coupon_recovers_all_the_same(string how)
    {
        await FillAsync();
        var whole = await StateAsync(out _);
        await SpoilAsync(how);

        var recovered = await StateAsync(out var log);

        Assert.Equal(whole, recovered);
        Assert.True(log.Has(LogLevel.Warning, _data.Snapshot(7), "can't be read"), log.ToString());
    }

    [Fact]
    public async Task A_snapshot_from_beside_another_journal_is_left_out()
    {
        await FillAsync();
        TempDirectory.DeleteDatabase(_data.Journal);
        TempDirectory.DeleteDatabase(_data.ReadModel);

        await using var engine = new EngineInProcess(_data);
        Assert.Equal(RefusalReason.CouponNotExist, (await engine.RefusedAsync(7, GetStatus.Instance)).Reason);
        await engine.CreateAsync(7, 1);
        Assert.Equal(1, (await engine.IssueAsync(7, 1)).Ticket);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_journal_that_ends_before_the_snapshot_is_refused_and_nothing_is_forgotten_silently()
    {
        await FillAsync();
        DatabaseFile.Execute(_data.Journal, "DELETE FROM events WHERE entity_id = 7 AND sequence_number > 1");

        await using var engine = new EngineInProcess(_data);

        Assert.Equal(CouponReply.Unavailable, await engine.AskAsync(7, new IssueCoupon(1)));
        Assert.True(engine.EngineLog.Has(LogLevel.Error, "The snapshot of coupon 7 holds event", "which the journal does not"), engine.EngineLog.ToString());
        await engine.CreateAsync(8, 1);
    }

    [Fact]
    public void Snapshots_are_due_so_often_that_replay_stays_bounded_and_so_seldom_that_all_of_them_cost_little_more_than_the_last()
    {
        const int million = 1_000_000;
        var schedule = new SnapshotSchedule(default);
        var eventsSince = 0;
        var mostEvents = 0;
        var snapshots = new List<long>();
        for (var issued = 1L; issued <= million; issued++)
        {
            mostEvents = Math.Max(mostEvents, ++eventsSince);
            if (!schedule.IsDueAfter(1, issued))
                continue;
            snapshots.Add(issued);
            eventsSince = 0;
        }

        Assert.InRange(mostEvents, 1, 20_000);

        // In large groups it is doubling that counts.
        snapshots.Clear();
        schedule = new SnapshotSchedule(default);
        for (var issued = 1_000L; issued <= million; issued += 1_000)
        {
            if (schedule.IsDueAfter(1, issued))
                snapshots.Add(issued);
        }

        Assert.InRange(snapshots.Sum(), million / 2, 2 * million);
    }

    [Fact]
    public void What_was_replayed_counts_towards_the_next_snapshot()
    {
        var schedule = new SnapshotSchedule(new RecoveredFrom(SequenceNumber: 19_999, IssuedInSnapshot: 0, EventsReplayed: 19_999));

        Assert.True(schedule.IsDueAfter(1, issued: 10));
        Assert.False(schedule.IsDueAfter(1, issued: 10));
    }

    private async Task FillAsync()
    {
        await using var engine = new EngineInProcess(_data);
        await engine.CreateAsync(7, null);
        await engine.IssueAsync(7, Enumerable.Range(1, Large - 10).Select(user => (long)user));
        Assert.IsType<Used>(await engine.AskAsync(7, new UseCoupon(5)));
        await Eventually.HoldsAsync(() => File.Exists(_data.Snapshot(7)));
        // And some more after the snapshot.
        await engine.IssueAsync(7, Enumerable.Range(Large - 9, 10).Select(user => (long)user));
        Assert.IsType<Used>(await engine.AskAsync(7, new UseCoupon(Large)));
    }

    private async Task SpoilAsync(string how)
    {
        var path = _data.Snapshot(7);
        var bytes = File.ReadAllBytes(path);
        switch (how)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "truncated":
                File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
                break;
            case "damaged":
                DatabaseFile.FlipByte(path, bytes.Length / 2);
                break;
            case "of an unknown format":
                File.WriteAllBytes(path, [.. BitConverter.GetBytes(2L), .. "an older or later format"u8]);
                break;
            case "of another coupon":
                await using (var engine = new EngineInProcess(_data))
                {
                    await engine.CreateAsync(8, null);
                    await engine.IssueAsync(8, Enumerable.Range(1, Large).Select(user => (long)user));
                    await Eventually.HoldsAsync(() => File.Exists(_data.Snapshot(8)));
                }

                File.Move(_data.Snapshot(8), path, overwrite: true);
                break;
        }
    }

    private Task<State> StateAsync(out LogLines<SnapshotStore> log)
    {
        var engine = new EngineInProcess(_data);
        log = engine.SnapshotLog;
        return ReadAsync();

        async Task<State> ReadAsync()
        {
            await using (engine)
            {
                var status = Assert.IsType<StatusIs>(await engine.AskAsync(7, GetStatus.Instance)).Status;
                var holders = new List<CouponIssue>();
                for (var user = 1; user <= Large; user++)
                {
                    if (await engine.AskAsync(7, new FindIssue(user)) is IssueFound found)
                        holders.Add(found.Issue);
                }

                return new State(status, holders);
            }
        }
    }

    private sealed record State(CouponStatus Status, List<CouponIssue> Holders)
    {
        public bool Equals(State? other) => other is not null && Status == other.Status && Holders.SequenceEqual(other.Holders);

        public override int GetHashCode() => Status.GetHashCode();
    }
}
