using System.Diagnostics;
using System.Net;
using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using MySqlConnector;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>Promise 10: the trouble of one coupon, of sixteen in one process, is not the others'.</summary>
[Collection(Faults.Name)]
public sealed class CouponFaultSpecs(CouponFaultSpecs.Cluster shared, ITestOutputHelper report)
    : FaultSpecs(shared.Engine, report), IClassFixture<CouponFaultSpecs.Cluster>
{
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(8);

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_row_that_another_writer_holds_locked_for_8_seconds_stops_no_other_coupon() =>
        AssertOthersNoticeNothing(await UnderLoadAsync("a locked row", load => Task.FromResult(new Fault(
            [load.First],
            async () =>
            {
                await using var stranger = await Engine.ConnectAsync();
                await ExecuteAsync(stranger, "SET SESSION foreign_key_checks = 0");
                await ExecuteAsync(stranger, "START TRANSACTION");
                await ExecuteAsync(stranger, CopyOfLast(load.First.CouponId, ahead: 2));
                await Task.Delay(Held);
                await ExecuteAsync(stranger, "ROLLBACK");
            },
            Nothing))));

    [Fact]
    [Trait("Promise", "10")]
    public async Task Another_writer_who_takes_one_coupons_next_numbers_19_times_stops_no_other_coupon() =>
        AssertOthersNoticeNothing(await UnderLoadAsync("duplicate keys", async load =>
        {
            var coupon = load.First;
            var change = await coupon.AskAsync(Client, new Question.Change("the stranger's"));
            Assert.IsType<Told.Changed>(change.Told);
            return new(
                [coupon],
                async () =>
                {
                    await using var stranger = await Engine.ConnectAsync();
                    // To change what is so already is an event that may follow any other.
                    var id = PersistenceIdOf(coupon.CouponId);
                    var harmless = await ReadAsync<long>(stranger, $"SELECT MAX(ordering) FROM journal WHERE persistence_id = {id} AND manifest = 'ch'");
                    for (var landed = 0; landed < 19; landed++)
                    {
                        await UntilLandedAsync(stranger, coupon.CouponId, $"ordering = {harmless}", "message");
                        await Task.Delay(TimeSpan.FromMilliseconds(630));
                    }
                },
                Nothing);
        }));

    [Fact]
    [Trait("Promise", "10")]
    public async Task An_id_whose_hash_is_the_smallest_number_stops_no_other_coupon()
    {
        AssertOthersNoticeNothing(await UnderLoadAsync("an odd id", load => Task.FromResult(new Fault(
            [],
            async () =>
            {
                using var http = new HttpClient { BaseAddress = Engine.AddressOf(Engine.Edges[0]) };
                for (var time = 1; time <= 5; time++)
                    await Task.WhenAll(AskAsync(5982396958), AskAsync(11006547186));

                async Task AskAsync(long id)
                {
                    using var answer = await http.GetAsync($"/coupons/{id}/status");
                    Report.WriteLine($"ODD ID {id}: {(int)answer.StatusCode}");
                }
            },
            Nothing))));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(5982396958));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(11006547186));
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_damaged_event_of_one_coupon_stops_no_other_and_it_goes_on_once_that_is_gone()
    {
        await using var load = await BeginAsync();
        var coupon = load.First;
        await using var stranger = await Engine.ConnectAsync();
        await load.DuringAsync(
            async () =>
            {
                var damaged = await UntilLandedAsync(stranger, coupon.CouponId, "TRUE", "x'ffffffff'");
                await Task.Delay(Held);
                await ExecuteAsync(stranger, $"DELETE FROM journal WHERE persistence_id = {PersistenceIdOf(coupon.CouponId)} AND sequence_number = {damaged}");
            },
            load.Others);
        var impact = load.Report("a damaged event", [coupon]);
        // The projection has parked the coupon until it starts again.
        await Engine.CommandAsync("restart", Engine.Nodes[0]);
        await load.AllAnswerAsync();
        await load.EndAsync();
        await load.AuditAsync();

        AssertOthersNoticeNothing(impact);
    }

    [Fact]
    [Trait("Promise", "10")]
    public async Task A_coupon_whose_last_events_are_gone_issues_nothing_on_top_of_the_hole_and_stops_no_other()
    {
        await using var load = await BeginAsync();
        var coupon = load.First;
        await using var stranger = await Engine.ConnectAsync();
        await ExecuteAsync(stranger, "SET SESSION foreign_key_checks = 0");
        var gone = 0L;
        await load.DuringAsync(
            async () =>
            {
                // From the end, so that nothing ever follows what is not there; and more than may be on their way.
                await ExecuteAsync(stranger, $"DELETE FROM journal WHERE persistence_id = {PersistenceIdOf(coupon.CouponId)} ORDER BY sequence_number DESC LIMIT 3");
                gone = Stopwatch.GetTimestamp();
                await Task.Delay(Held);
            },
            load.Others);
        var impact = load.Report("rows missing", [coupon]);
        await load.EndAsync();
        await load.AuditAsync(except: coupon);

        var onTop = coupon.Asked.Where(operation => operation.Started > gone && operation.Told is Told.Issued).ToList();
        Report.WriteLine($"ON TOP of the hole {onTop.Count} were issued");
        Assert.Empty(onTop);
        AssertOthersNoticeNothing(impact);
    }

    private async Task<HttpStatusCode> StatusOfAsync(long id)
    {
        using var http = new HttpClient { BaseAddress = Engine.AddressOf(Engine.Edges[0]) };
        using var answer = await http.GetAsync($"/coupons/{id}/status");
        return answer.StatusCode;
    }

    private static string PersistenceIdOf(long couponId) => $"'coupon-{couponId}'";

    /// <summary>A row like the coupon's last, with a number after it.</summary>
    private static string CopyOfLast(long couponId, int ahead, string which = "TRUE", string message = "message") =>
        $"""
        INSERT INTO journal (persistence_id, sequence_number, deleted, created, tags, message, identifier, manifest)
        SELECT persistence_id, (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = {PersistenceIdOf(couponId)}) + {ahead}, FALSE, created, tags, {message}, identifier, manifest
        FROM journal WHERE persistence_id = {PersistenceIdOf(couponId)} AND {which} ORDER BY sequence_number DESC LIMIT 1
        """;

    /// <summary>Takes the coupon's next number; the coupon itself may be there first.</summary>
    /// <returns>The number.</returns>
    private static async Task<long> UntilLandedAsync(MySqlConnection stranger, long couponId, string which, string message)
    {
        while (true)
        {
            try
            {
                await ExecuteAsync(stranger, CopyOfLast(couponId, ahead: 1, which, message));
                return await ReadAsync<long>(
                    stranger, $"SELECT sequence_number FROM journal WHERE persistence_id = {PersistenceIdOf(couponId)} AND ordering = LAST_INSERT_ID()");
            }
            catch (MySqlException taken) when (taken.ErrorCode is MySqlErrorCode.DuplicateKeyEntry or MySqlErrorCode.LockDeadlock)
            {
                // The next one, then.
            }
        }
    }

    public sealed class Cluster() : Watchful(new ClusterEngine { FirstWhole = 1 });
}
