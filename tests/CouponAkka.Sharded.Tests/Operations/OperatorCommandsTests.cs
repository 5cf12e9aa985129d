using Akka.TestKit;
using Akka.TestKit.Xunit2;
using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Operations;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Sharded.Tests.Operations;

/// <summary>What pbm's own commands say; a probe is where the shard region would be, and the database is real.</summary>
public sealed class OperatorCommandsTests : TestKit, IAsyncLifetime
{
    private readonly TestDatabase _test = new();
    private readonly TestProbe _region;
    private readonly OperatorCommands _commands;

    public OperatorCommandsTests()
        : base("akka { loglevel = OFF, test.single-expect-default = 30s }")
    {
        _region = CreateTestProbe();
        _commands = new OperatorCommands(_test.Database, _region);
    }

    public Task InitializeAsync() => _test.InitializeAsync();

    public Task DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task A_coupons_status_is_its_own_and_that_of_the_read_model()
    {
        await _test.Database.AppendAsync(7, 1, JournalEntries.Created(10), JournalEntries.Issued(1, 100, 200));
        await ProjectAsync();

        Assert.Equal(
            $"""
            coupon 7: Open, 3 of 10 issued, shard {EntityMessageExtractor.ShardOf(7)}
            read model: 2 of 10 issued, Spring
            """,
            await StatusAsync(7, new StatusIs(new CouponStatus(7, CouponState.Open, 3, 10))));
        Assert.Equal(
            $"""
            coupon 8: SoldOut, 0 issued, without limit, shard {EntityMessageExtractor.ShardOf(8)}
            read model: not there yet
            """,
            await StatusAsync(8, new StatusIs(new CouponStatus(8, CouponState.SoldOut, 0, null))));
        Assert.Equal("Coupon 9 does not exist.", await StatusAsync(9, new Refused(RefusalReason.CouponNotExist)));
        await Assert.ThrowsAsync<CommandFailedException>(() => StatusAsync(9, CouponReply.Unavailable));
    }

    [Fact]
    public async Task Coupons_are_listed_by_id()
    {
        Assert.Equal("There are none.", await _commands.CouponListAsync(0));
        foreach (var coupon in (long[])[12, 7, 9])
            await _test.Database.AppendAsync(coupon, 1, JournalEntries.Created(coupon == 9 ? null : 10));
        await ProjectAsync();

        Assert.Equal("9: 0 issued, without limit, Spring\n12: 0 of 10 issued, Spring", await _commands.CouponListAsync(7));
    }

    [Fact]
    public async Task The_projections_status_names_what_is_parked_and_how_far_it_is_behind()
    {
        await _test.Database.AppendAsync(7, 1, JournalEntries.Created(10), JournalEntries.Issued(5, 100));
        await ProjectAsync(until: "projection_progress WHERE parked_because IS NOT NULL");
        await _test.Database.AppendAsync(8, 1, JournalEntries.Created(10));

        var lines = (await _commands.ProjectionStatusAsync()).Split('\n');

        Assert.Equal("1 events behind: projected up to 2 of 3, epoch 1", lines[0]);
        Assert.StartsWith("coupon 7 is parked after its event 1: ", Assert.Single(lines[1..]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rebuild_makes_the_read_model_anew_while_the_projection_runs()
    {
        await _test.Database.AppendAsync(7, 1, JournalEntries.Created(10), JournalEntries.Issued(1, 100, 200));
        await using var projection = new RunningProjection(_test.Database);
        await projection.CaughtUpAsync(_test.Database);
        await _test.ExecuteAsync("UPDATE coupons SET title = 'wrong'");

        await _commands.ProjectionRebuildAsync();

        await projection.CaughtUpAsync(_test.Database);
        Assert.Equal("7: 2 of 10 issued, Spring", await _commands.CouponListAsync(0));
    }

    [Fact]
    public async Task A_database_that_can_not_be_asked_is_said_to_be()
    {
        var commands = new OperatorCommands(new CouponDatabase("Server=127.0.0.1;Port=1;Database=coupons;User ID=nobody"), _region);

        var failure = await Assert.ThrowsAsync<CommandFailedException>(commands.ProjectionStatusAsync);

        Assert.StartsWith("The database can't be asked: ", failure.Message, StringComparison.Ordinal);
    }

    private async Task<string> StatusAsync(long couponId, CouponReply reply)
    {
        var status = _commands.CouponStatusAsync(couponId);
        var request = _region.ExpectMsg<CouponRequest>();
        Assert.Equal((couponId, (CouponCommand)GetStatus.Instance), (request.CouponId, request.Commands[0]));
        _region.Reply(new CouponAnswers(couponId, request.Number, [reply]));
        return await status;
    }

    private async Task ProjectAsync(string? until = null)
    {
        await using var projection = new RunningProjection(_test.Database);
        if (until is null)
            await projection.CaughtUpAsync(_test.Database);
        else
            await Eventually.HoldsAsync(async () => await _test.ScalarAsync<long>($"SELECT COUNT(*) FROM {until}") > 0);
    }
}
