using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Tests.Projecting;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.Logging;
using static CouponAkka.Sharded.Tests.Support.JournalEntries;

namespace CouponAkka.Sharded.Tests.Projection;

public sealed class PoisonTests : IAsyncLifetime
{
    private readonly TestDatabase _test = new();

    private CouponDatabase Database => _test.Database;

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    public static TheoryData<string, string> Poisons => new()
    {
        { "UPDATE journal SET message = x'FFFF' WHERE {0}", "can't be read" },
        { "UPDATE journal SET manifest = 'xx' WHERE {0}", "manifest 'xx' can't be read" },
        { "UPDATE journal SET manifest = NULL WHERE {0}", "manifest '' can't be read" },
        { "UPDATE journal SET identifier = 4 WHERE {0}", "serializer 4" },
        { "DELETE FROM journal WHERE {0}", "number 3 is missing" },
    };

    [Theory]
    [MemberData(nameof(Poisons))]
    [Trait("Promise", "10")]
    public async Task An_event_that_can_not_be_read_parks_its_coupon_and_no_other_and_a_mended_one_is_projected_after_a_restart(string damage, string whatItIs)
    {
        await Database.AppendAsync(7, 1, Created(), Issued(1, 101), Issued(2, 102), Issued(3, 103));
        await Database.AppendAsync(8, 1, Created(), Issued(1, 101), Issued(2, 102), Issued(3, 103));
        await _test.ExecuteAsync("CREATE TABLE whole LIKE journal; INSERT INTO whole SELECT * FROM journal");
        await _test.TamperAsync(string.Format(null, damage, "persistence_id = 'coupon-7' AND sequence_number = 3"));

        await using (var projection = new RunningProjection(Database))
        {
            await ShouldParkAsync(projection, 7, 3, whatItIs);
            await OthersShouldGoOnAsync(projection);
            Assert.Equal(["101"], await _test.RowsAsync("SELECT user_id FROM coupon_issues WHERE coupon_id = 7"));
            Assert.Equal(["1"], await _test.RowsAsync("SELECT issued_quantity FROM coupons WHERE id = 7"));
            // What follows the poison changes nothing, and is no news.
            await Database.AppendAsync(7, 5, Issued(4, 104));
            await OthersShouldGoOnAsync(projection);
            Assert.Equal(["2"], await _test.RowsAsync("SELECT sequence_number FROM projection_progress WHERE coupon_id = 7"));
            Assert.Equal(1, projection.Log.Count(LogLevel.Critical));
        }

        await _test.TamperAsync("REPLACE INTO journal SELECT * FROM whole");
        await using var mended = new RunningProjection(Database);
        await mended.CaughtUpAsync(Database);
        Assert.Equal(["101", "102", "103", "104"], await _test.RowsAsync("SELECT user_id FROM coupon_issues WHERE coupon_id = 7 ORDER BY ticket"));
        Assert.Equal(["4"], await _test.RowsAsync("SELECT issued_quantity FROM coupons WHERE id = 7"));
        Assert.Empty(mended.Status.Parked);
    }

    [Theory]
    [MemberData(nameof(Contradictions.Names), MemberType = typeof(Contradictions))]
    [Trait("Promise", "10")]
    public async Task An_event_that_contradicts_what_was_before_is_not_applied_and_parks_its_coupon_alone(string what)
    {
        var contradiction = Contradictions.Of(what);
        await Database.AppendAsync(7, 1, [.. Contradictions.Before]);
        await using var projection = new RunningProjection(Database);
        await projection.CaughtUpAsync(Database);

        // Among many that are sound, before it and after it, of its own coupon and of others.
        await using (var connection = Database.Connect())
        {
            await connection.BeginTransactionAsync();
            foreach (var couponId in Enumerable.Range(20, 10))
                await connection.AppendAsync(Row(couponId, 1, Created()), Row(couponId, 2, Issued(1, 101, 102)));
            await connection.AppendAsync(Row(7, 4, Contradictions.Sound), Row(7, 5, contradiction.Event), Row(7, 6, Contradictions.After));
            foreach (var couponId in Enumerable.Range(1, 5))
                await connection.AppendAsync(Row(couponId, 1, Created()), Row(couponId, 2, Issued(1, 101, 102)));
            await connection.CommitTransactionAsync();
        }

        await ShouldParkAsync(projection, 7, 5, contradiction.SaidByTheFold ?? SaidByTheTables(contradiction.Event));
        await OthersShouldGoOnAsync(projection);
        Assert.Equal(30, await _test.ScalarAsync<long>("SELECT COUNT(*) FROM coupon_issues WHERE coupon_id NOT IN (7, 8)"));
        // All that was before it, and nothing of it.
        Assert.Equal(["4"], await _test.RowsAsync("SELECT sequence_number FROM projection_progress WHERE coupon_id = 7"));
        Assert.Equal(
            ["101|1", "102|0", "103|1"],
            await _test.RowsAsync("SELECT user_id, date_used IS NOT NULL FROM coupon_issues WHERE coupon_id = 7 ORDER BY ticket"));
        Assert.Equal(["Spring|3|10|0"], await _test.RowsAsync("SELECT title, issued_quantity, total_quantity, stopped + 0 FROM coupons WHERE id = 7"));
        var end = await _test.ScalarAsync<long>("SELECT MAX(ordering) FROM journal");
        await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>("SELECT ordering FROM projection_position") == end);

        // And so it is for whoever finds the poison when it begins.
        var before = await _test.DumpAsync();
        await Rebuild.RunAsync(Database);
        await Eventually.HoldsAsync(async () => (await _test.DumpAsync()).SequenceEqual(before), projection.Log.ToString);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task Of_an_unknown_coupon_only_its_creation_can_be_projected()
    {
        await Database.AppendAsync(7, 1, Issued(1, 101));
        await Database.AppendAsync(9, 1, Changed());
        await using var projection = new RunningProjection(Database);

        await ShouldParkAsync(projection, 7, 1, "is issued before it is created");
        await ShouldParkAsync(projection, 9, 1, "is changed before it is created");
        await OthersShouldGoOnAsync(projection);
    }

    [Fact]
    [Trait("Promise", "4")]
    public async Task A_journal_that_ends_before_what_was_projected_is_an_alarm_until_the_read_model_is_made_anew()
    {
        await Database.AppendAsync(7, 1, Created(), Issued(1, 101), Issued(2, 102));
        await Database.AppendAsync(9, 1, Created());
        await using (var projection = new RunningProjection(Database))
            await projection.CaughtUpAsync(Database);
        // Restored to an older point.
        await _test.TamperAsync("DELETE FROM journal WHERE persistence_id = 'coupon-7' AND sequence_number > 1");
        await _test.TamperAsync("DELETE FROM journal WHERE persistence_id = 'coupon-9'");

        await using (var projection = new RunningProjection(Database))
        {
            await Eventually.HoldsAsync(() => projection.Status.Ahead.Count == 2, projection.Log.ToString);
            Assert.Contains("seen more than the journal holds: coupon 7, 9.", projection.Status.Trouble, StringComparison.Ordinal);
            Assert.True(projection.Log.Has(LogLevel.Critical, "coupon 7 has seen event 3", "ends with event 1"), projection.Log.ToString());
            Assert.True(projection.Log.Has(LogLevel.Critical, "coupon 9 has seen event 1", "ends with event 0"), projection.Log.ToString());
            await OthersShouldGoOnAsync(projection);
        }

        await Rebuild.RunAsync(Database);
        await using var anew = new RunningProjection(Database);
        await anew.CaughtUpAsync(Database);
        Assert.Empty(anew.Status.Ahead);
        Assert.Null(anew.Status.Trouble);
    }

    // Who holds a unit is for the unique keys to say, and of a unit that is used it is the row that must be found, unused.
    private static string SaidByTheTables(CouponEvent poison) => poison switch
    {
        CouponsIssued => "Duplicate entry",
        CouponUsed used => $"is used by user {used.UserId}, who does not hold ticket {used.Ticket} or has used it",
        _ => throw new ArgumentOutOfRangeException(nameof(poison), poison, "The fold says it."),
    };

    private async Task ShouldParkAsync(RunningProjection projection, long couponId, long sequenceNumber, string because)
    {
        await Eventually.HoldsAsync(() => projection.Status.Parked.ContainsKey(couponId), projection.Log.ToString);
        Assert.Contains(because, projection.Status.Parked[couponId], StringComparison.Ordinal);
        Assert.True(projection.Log.Has(LogLevel.Critical, $"follows coupon {couponId} no further", $"event {sequenceNumber} ", because), projection.Log.ToString());
        Assert.Contains($"coupon {projection.Status.Parked.Keys.Min()}", projection.Status.Trouble, StringComparison.Ordinal);
        Assert.Contains(because, await _test.ScalarAsync<string>($"SELECT parked_because FROM projection_progress WHERE coupon_id = {couponId}"), StringComparison.Ordinal);
    }

    private async Task OthersShouldGoOnAsync(RunningProjection projection)
    {
        var next = await _test.ScalarAsync<long>("SELECT COALESCE(MAX(sequence_number), 0) + 1 FROM journal WHERE persistence_id = 'coupon-8'");
        if (next == 1)
            await Database.AppendAsync(8, next++, Created());
        // Each event of it but the first has issued one unit.
        var ticket = next - 1;
        await Database.AppendAsync(8, next, Issued(ticket, 1_000 + ticket));
        await Eventually.HoldsAsync(
            async () => await _test.ScalarAsync<long>($"SELECT COUNT(*) FROM coupon_issues WHERE coupon_id = 8 AND user_id = {1_000 + ticket}") == 1,
            projection.Log.ToString);
    }
}
