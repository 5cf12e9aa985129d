using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Tests.Projecting;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Standalone.Tests.Projection;

public sealed class PoisonTests : IDisposable
{
    private readonly TempDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Theory]
    [MemberData(nameof(Contradictions.Names), MemberType = typeof(Contradictions))]
    [Trait("Promise", "10")]
    public async Task An_event_that_contradicts_what_was_before_is_not_applied_and_parks_its_coupon_alone(string what)
    {
        var contradiction = Contradictions.Of(what);
        await using (var engine = new EngineInProcess(_data))
        {
            engine.Journal.Append([new JournalWrite(Events.Key(7), 1, Contradictions.Before)]);
            await engine.ProjectedAsync();

            // Among many that are sound, before it and after it, of its own coupon and of others.
            engine.Journal.Append(
            [
                .. Enumerable.Range(20, 10).Select(couponId => Events.Coupon(couponId, Events.Issued(1, 101, 102))),
                new JournalWrite(Events.Key(7), 4, [Contradictions.Sound, contradiction.Event, Contradictions.After]),
                .. Enumerable.Range(1, 5).Select(couponId => Events.Coupon(couponId, Events.Issued(1, 101, 102))),
            ]);
            await engine.ProjectedAsync();

            var because = Read<string>("SELECT parked_because FROM projection_progress WHERE coupon_id = 7");
            Assert.NotNull(because);
            Assert.Contains(contradiction.SaidByTheFold ?? SaidByTheTables(contradiction.Event), because, StringComparison.Ordinal);
            // All that was before it, and nothing of it.
            Assert.Equal(4, Read<long>("SELECT sequence_number FROM projection_progress WHERE coupon_id = 7"));
            Assert.Equal(
                ["101|1", "102|0", "103|1"],
                DatabaseFile.Rows(_data.ReadModel, "SELECT user_id, date_used IS NOT NULL FROM coupon_issues WHERE coupon_id = 7 ORDER BY ticket"));
            Assert.Equal(
                ["Spring|3|10|0"], DatabaseFile.Rows(_data.ReadModel, "SELECT title, issued_quantity, total_quantity, stopped FROM coupons WHERE id = 7"));
            Assert.Equal(30, Read<long>("SELECT count(*) FROM coupon_issues WHERE coupon_id <> 7"));
            Assert.Equal(1, Read<long>("SELECT count(*) FROM projection_progress WHERE parked_because IS NOT NULL"));
            await Eventually.HoldsAsync(() => engine.Projection.Status.Trouble is not null);
            Assert.Contains("Not projected any further: coupon 7.", engine.Projection.Status.Trouble, StringComparison.Ordinal);
            Assert.True(engine.ProjectionLog.Has(LogLevel.Critical, "coupon 7 is", "event 5 ", because), engine.ProjectionLog.ToString());
        }

        // And so it is for whoever finds the poison when it begins.
        var before = DatabaseFile.DumpReadModel(_data.ReadModel);
        TempDirectory.DeleteDatabase(_data.ReadModel);
        await using (var anew = new EngineInProcess(_data))
            await anew.ProjectedAsync();
        Assert.Equal(before, DatabaseFile.DumpReadModel(_data.ReadModel));
    }

    // Who holds a unit is for the unique keys to say, and of a unit that is used it is the row that must be found, unused.
    private static string SaidByTheTables(CouponEvent poison) => poison switch
    {
        CouponsIssued => "holds a unit of it already",
        CouponUsed used => $"is used by user {used.UserId}, who does not hold ticket {used.Ticket} or has used it",
        _ => throw new ArgumentOutOfRangeException(nameof(poison), poison, "The fold says it."),
    };

    private T? Read<T>(string sql) => DatabaseFile.Scalar<T>(_data.ReadModel, sql);
}
