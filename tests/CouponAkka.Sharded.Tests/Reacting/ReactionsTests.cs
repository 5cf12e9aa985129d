using System.Data;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Reacting;
using CouponAkka.Sharded.Tests.Entities;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using Microsoft.Extensions.Logging;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Reacting;

/// <summary>Counters that count the uses of a vendor's coupons, on MariaDB: each once, whatever happens to who tells them.</summary>
public sealed class ReactionsTests : IAsyncLifetime
{
    // Whose coupons these are.
    private const long Vendor = 3;

    private readonly TestDatabase _test = new();
    private ActorEntities _entities = null!;

    private CouponDatabase Database => _test.Database;

    public async Task InitializeAsync()
    {
        await _test.InitializeAsync();
        _entities = await ActorEntities.StartAsync(Database);
    }

    public async Task DisposeAsync()
    {
        await _entities.DisposeAsync();
        await _test.DisposeAsync();
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Each_use_is_counted_once_while_who_tells_of_them_is_killed_and_followed_by_others()
    {
        for (var round = 1; round <= 8; round++)
        {
            await using var reactions = Start();
            await UseAsync(couponId: round, uses: 10);
            await UseMoreAsync(couponId: 1, after: 11 + round);
            // Some of them are told of, and not all of that is saved.
            await CountedAtLeastAsync(reactions, (round * 11) - 5);
        }

        await using var last = Start();
        await CountedAtLeastAsync(last, 88);
        await DeliveredAsync(last);
        Assert.Equal(88, await _entities.AskCounterAsync(Vendor, new GetCount()));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Of_two_who_tell_at_once_the_older_is_refused_and_nothing_is_counted_twice()
    {
        await using var one = Start();
        await using var other = Start();
        for (var coupon = 1; coupon <= 20; coupon++)
            await UseAsync(coupon, uses: 5);

        await CountedAtLeastAsync(one, 100);
        await Eventually.HoldsAsync(() => one.Log.Has(LogLevel.Error, "another one has begun to deliver"), one.Log.ToString);
        await one.StopAsync();
        await DeliveredAsync(other);
        Assert.Equal(100, await _entities.AskCounterAsync(Vendor, new GetCount()));
        Assert.False(one.Here.AreHere);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task What_one_saves_whose_turn_is_over_changes_nothing()
    {
        var (older, newer) = (Store(), Store());
        var key = CouponSettings.KeyOf(7);
        var counter = new EntityKey(CounterKind.Instance, 7);
        await older.LoadAsync(default);
        await older.SaveAsync(new ReactionState(5, [new(key, 2, null)], [new(counter, At)]), default);

        var state = await newer.LoadAsync(default);
        Assert.Equal(
            (5, new SourceProgress(key, 2, null), new EntityDue(counter, At)), (state.Position, Assert.Single(state.Progress), Assert.Single(state.Due)));
        await Assert.ThrowsAsync<NotTheReactorException>(() => older.SaveAsync(new ReactionState(9, [new(key, 4, null)], [new(counter, null)]), default));
        await newer.SaveAsync(new ReactionState(6, [new(key, 3, "it's \\ away 🎈")], []), default);
        Assert.Equal(["6|2"], await _test.RowsAsync("SELECT ordering, epoch FROM reaction_position"));
        Assert.Equal(["coupon-7|3|it's \\ away 🎈"], await _test.RowsAsync("SELECT * FROM reaction_progress"));
        Assert.Equal(1, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM entity_due"));
        await newer.SaveAsync(new ReactionState(6, [], [new(counter, null)]), default);
        Assert.Equal(0, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM entity_due"));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task Who_is_asked_to_stop_saves_what_is_delivered()
    {
        await using var reactions = Start();
        await UseAsync(7, uses: 3);
        await CountedAtLeastAsync(reactions, 3);
        // The last answer may be on its way back.
        await Eventually.HoldsAsync(() => reactions.Here.Status.Waiting == 0);

        await reactions.StopAsync();

        Assert.Equal(["coupon-7|5|NULL"], await _test.RowsAsync("SELECT * FROM reaction_progress WHERE persistence_id = 'coupon-7'"));
        Assert.Equal(0, reactions.Log.Count(LogLevel.Error));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task An_event_that_could_be_seen_only_after_later_ones_is_delivered_in_its_place()
    {
        await UseAsync(7, uses: 1);
        await using var reactions = Start();
        await CountedAtLeastAsync(reactions, 1);
        await using var late = Database.Connect();
        await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        await late.AppendAsync(Row(7, 4, Used(101, 2)));
        await Database.AppendAsync(7, 5, Used(102, 3));
        await UseAsync(8, uses: 2);
        // Others do not wait, and what follows the missing one does.
        await CountedAtLeastAsync(reactions, 3);
        Assert.Equal(3, await _entities.AskCounterAsync(Vendor, new GetCount()));

        await late.CommitTransactionAsync();

        await CountedAtLeastAsync(reactions, 5);
        await DeliveredAsync(reactions);
        Assert.Equal(5, await _entities.AskCounterAsync(Vendor, new GetCount()));
        Assert.Equal(["coupon 7|4", "coupon 7|5"], await CountedOfAsync(7, after: 3));
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task An_event_is_delivered_however_late_it_can_be_seen()
    {
        var time = new ShiftedTime();
        await using var reactions = Start(time);
        await using var late = Database.Connect();
        await late.BeginTransactionAsync(IsolationLevel.ReadCommitted);
        await late.AppendAsync(Row(7, 1, Created()), Row(7, 2, Issued(1, 101)), Row(7, 3, Used(101, 1)));
        await UseAsync(8, uses: 2);
        await CountedAtLeastAsync(reactions, 2);
        Assert.Equal(0, await PositionAsync());
        time.Shift(OrderingHoles.Patience + TimeSpan.FromSeconds(10));
        await Eventually.HoldsAsync(async () => await PositionAsync() > 3, reactions.Log.ToString);
        await late.CommitTransactionAsync();
        // Nobody looks for it by its place any more.
        Assert.Equal(2, await _entities.AskCounterAsync(Vendor, new GetCount()));

        time.Shift(TimeSpan.FromMinutes(2));

        await CountedAtLeastAsync(reactions, 3);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task Who_can_not_be_reached_stalls_those_who_ask_it_and_nobody_else_also_after_a_restart()
    {
        var time = new ShiftedTime();
        var counter = new EntityKey(CounterKind.Instance, Vendor);
        _entities.Away[counter] = true;
        await using (var reactions = Start(time))
        {
            await UseAsync(7, uses: 3);
            await Database.AppendAsync(8, 1, Created(), Issued(1, 101), Used(101, 1) with { VendorId = 4 });
            await Eventually.HoldsAsync(async () => await _entities.AskCounterAsync(4, new GetCount()) == 1, reactions.Log.ToString);
            await Eventually.HoldsAsync(() => reactions.Here.Status.Waiting > 0);
            time.Shift(TimeSpan.FromSeconds(11));
            await Eventually.HoldsAsync(() => reactions.Here.Status.Stalled.ContainsKey(CouponSettings.KeyOf(7)), reactions.Log.ToString);
            Assert.Contains("coupon 7", reactions.Here.Status.Trouble, StringComparison.Ordinal);
            // The journal is read on, and that is safe only because the database knows of it.
            var end = await _test.ScalarAsync<long>("SELECT MAX(ordering) FROM journal WHERE persistence_id LIKE 'coupon-%'");
            await Eventually.HoldsAsync(async () => await PositionAsync() >= end, reactions.Log.ToString);
            var because = await _test.ScalarAsync<string>("SELECT stalled_because FROM reaction_progress WHERE persistence_id = 'coupon-7'");
            Assert.Contains("counter 3", because, StringComparison.Ordinal);
        }

        _entities.Away.Clear();
        await using var next = Start();
        await CountedAtLeastAsync(next, 3);
        await DeliveredAsync(next);
        Assert.Equal(3, await _entities.AskCounterAsync(Vendor, new GetCount()));
        Assert.Null(next.Here.Status.Trouble);
        Assert.Equal(["NULL"], await _test.RowsAsync("SELECT stalled_because FROM reaction_progress WHERE persistence_id = 'coupon-7'"));
    }

    [Theory]
    [InlineData("UPDATE journal SET message = x'FFFF' WHERE {0}", "can't be read")]
    [InlineData("UPDATE journal SET identifier = 4 WHERE {0}", "serializer 4")]
    [InlineData("DELETE FROM journal WHERE {0}", "number 4 is missing")]
    [Trait("Promise", "10")]
    public async Task An_event_that_can_not_be_read_stalls_its_source_alone_until_it_is_mended(string damage, string because)
    {
        await UseAsync(7, uses: 3);
        await _test.ExecuteAsync("CREATE TABLE whole LIKE journal; INSERT INTO whole SELECT * FROM journal");
        await _test.TamperAsync(string.Format(null, damage, "persistence_id = 'coupon-7' AND sequence_number = 4"));
        await using var reactions = Start();
        await UseAsync(8, uses: 2);
        await CountedAtLeastAsync(reactions, 3);
        await Eventually.HoldsAsync(
            () => reactions.Here.Status.Stalled.GetValueOrDefault(CouponSettings.KeyOf(7))?.Contains(because, StringComparison.Ordinal) == true,
            reactions.Log.ToString);
        Assert.Equal(3, await _entities.AskCounterAsync(Vendor, new GetCount()));

        await _test.TamperAsync("REPLACE INTO journal SELECT * FROM whole WHERE persistence_id = 'coupon-7'");

        await CountedAtLeastAsync(reactions, 5);
        await Eventually.HoldsAsync(() => reactions.Here.Status.Trouble is null, reactions.Log.ToString);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task Whoever_is_due_is_told_although_who_knew_of_it_was_killed()
    {
        var rings = Timestamp.From(DateTimeOffset.UtcNow.AddSeconds(3));
        await using (var reactions = Start())
        {
            await _entities.AskCounterAsync(5, new Wind(rings));
            await _entities.AskCounterAsync(6, new Wind(new Timestamp(rings.UnixMicroseconds + 3_600_000_000)));
            await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM entity_due") == 2, reactions.Log.ToString);
        }

        Assert.Equal(0, await _entities.AskCounterAsync(5, new GetRings()));
        // What was saved is all that is known of them: the journal is not read again.
        await _test.ExecuteAsync("UPDATE reaction_position SET ordering = (SELECT MAX(ordering) FROM journal)");
        await using var next = Start();
        await Eventually.HoldsAsync(async () => await _entities.AskCounterAsync(5, new GetRings()) == 1, next.Log.ToString);
        Assert.Equal(0, await _entities.AskCounterAsync(6, new GetRings()));
        await Eventually.HoldsAsync(
            async () => (await _test.RowsAsync("SELECT persistence_id FROM entity_due")).SequenceEqual(["counter-6"]), next.Log.ToString);
    }

    [Fact]
    public async Task Only_what_something_can_follow_from_is_read_whole()
    {
        await UseAsync(7, uses: 1);
        await _entities.AskCounterAsync(5, new Count(2));
        var table = new CouponAkka.Engine.Reacting.ReactionTable(CounterKind.WithCounters, Terms.Default, []);
        var journal = new MySqlReactionJournal(Database, CounterKind.WithCounters, table, TimeProvider.System);
        // What need not be read may be damaged.
        await _test.TamperAsync("UPDATE journal SET message = x'FF' WHERE manifest IN ('cc', 'ci')");

        await using var batches = journal.ReadAsync(0, default).GetAsyncEnumerator();
        Assert.True(await batches.MoveNextAsync());

        Assert.Equal(
            [
                (CouponSettings.KeyOf(7), 1, null), (CouponSettings.KeyOf(7), 2, null), (CouponSettings.KeyOf(7), 3, Used(100, 1)),
                (new(CounterKind.Instance, 5), 1, new Counted(2)),
            ],
            batches.Current.Entries.Select(entry => (entry.Key, entry.Number, entry.Happened)));
        Assert.All(batches.Current.Entries, entry => Assert.Null(entry.Unreadable));
        Assert.Equal(await _test.ScalarAsync<long>("SELECT MAX(ordering) FROM journal"), batches.Current.Position);
    }

    private RunningReactions Start(TimeProvider? time = null) => new(Database, _entities, time);

    private MySqlReactionStore Store() => new(Database, CounterKind.WithCounters);

    // A coupon of which that many units are used, by events 3 and following.
    private Task UseAsync(long couponId, int uses) => Database.AppendAsync(
        couponId,
        1,
        [Created(), Issued(1, [.. Enumerable.Range(100, uses).Select(user => (long)user)]), .. Enumerable.Range(0, uses).Select(i => Used(100 + i, i + 1))]);

    private Task UseMoreAsync(long couponId, long after) => Database.AppendAsync(couponId, after + 1, Used(1_000 + after, 1_000 + after));

    private Task CountedAtLeastAsync(RunningReactions reactions, long uses) => Eventually.HoldsAsync(
        async () => await _entities.AskCounterAsync(Vendor, new GetCount()) >= uses,
        () => $"{reactions.Here.Status.Trouble}\n{reactions.Log}");

    // Until every event of every coupon is known to be delivered.
    private Task DeliveredAsync(RunningReactions reactions) => Eventually.HoldsAsync(
        async () => await _test.ScalarAsync<long>(
            """
            SELECT COUNT(*) FROM (SELECT persistence_id, MAX(sequence_number) AS last FROM journal WHERE persistence_id LIKE 'coupon-%' GROUP BY 1) AS j
            LEFT JOIN reaction_progress AS p ON p.persistence_id = j.persistence_id
            WHERE COALESCE(p.sequence_number, 0) <> j.last OR p.stalled_because IS NOT NULL
            """) == 0,
        () => $"{reactions.Here.Status.Trouble}\n{reactions.Log}");

    // The uses of a coupon that the counter has counted, in the order in which it did.
    private async Task<List<string>> CountedOfAsync(long couponId, long after)
    {
        await using var connection = Database.Connect();
        var rows = await OrderingReader.ReadEntityAsync(
            LinqToDB.DataExtensions.GetTable<JournalRow>(connection), new EntityKey(CounterKind.Instance, Vendor), 0);
        return
        [
            .. from cause in rows.Select(row => row.Decode(out _)).OfType<UseCounted>().Select(counted => counted.Cause)
               where cause.Id == couponId && cause.Number > after
               select $"{cause.Kind} {cause.Id}|{cause.Number}",
        ];
    }

    private Task<long> PositionAsync() => _test.ScalarAsync<long>("SELECT ordering FROM reaction_position");
}
