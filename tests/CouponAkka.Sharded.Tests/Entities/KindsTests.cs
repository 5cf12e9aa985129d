using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>Two kinds of entities with the same id, in one journal on MariaDB.</summary>
public sealed class KindsTests : IAsyncLifetime
{
    private const long Id = 7;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestDatabase _test = new();
    private EntityActorSettings _settings = null!;
    private IHost _host = null!;
    private ActorSystem _system = null!;
    private long _number;

    public async Task InitializeAsync()
    {
        await _test.InitializeAsync();
        _settings = CouponSettings.Of(_test.Database, Patience);
        _host = await CouponHost.StartAsync(_test.Database, Patience, kinds: CounterKind.WithCounters);
        _system = _host.Services.GetRequiredService<ActorSystem>();
    }

    public async Task DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _test.DisposeAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task An_entity_that_is_killed_recovers_and_that_of_another_kind_with_its_id_is_not_disturbed()
    {
        var (counter, coupon) = (WakeCounter(), WakeCoupon());
        Assert.Equal(CounterReply.Is(2), await AskAsync(counter, new Count(2)));
        Assert.IsType<CouponStands>(await AskCouponAsync(coupon, new CreateCoupon(JournalEntries.Created().Policy)));
        Assert.Equal(CounterReply.Is(5), await AskAsync(counter, new Count(3)));

        await counter.GracefulStop(Patience);
        await coupon.GracefulStop(Patience);

        Assert.Equal(CounterReply.Is(5), await AskAsync(WakeCounter(), new GetCount()));
        Assert.IsType<StatusIs>(await AskCouponAsync(WakeCoupon(), GetStatus.Instance));
        Assert.Equal(
            ["counter-7|1|909|ct", "counter-7|2|909|ct", "counter-7|3|811|wf", "coupon-7|1|811|cc", "coupon-7|2|811|wf"],
            await _test.RowsAsync("SELECT persistence_id, sequence_number, identifier, manifest FROM journal ORDER BY 1, 2"));
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task An_entity_recovers_from_its_snapshot_and_the_events_since()
    {
        var counter = WakeCounter();
        Assert.Equal(CounterReply.Is(20_000), await AskAsync(counter, new Count(20_000)));
        Assert.Equal(CounterReply.Is(20_001), await AskAsync(counter, new Count(1)));
        await Eventually.HoldsAsync(
            async () => await _test.ScalarAsync<long>("SELECT COUNT(*) FROM snapshot WHERE persistence_id = 'counter-7'") == 1, () => "No snapshot.");
        await counter.GracefulStop(Patience);
        // Whoever reads it must fail.
        await _test.TamperAsync("UPDATE journal SET message = x'00' WHERE persistence_id = 'counter-7' AND sequence_number = 1");

        Assert.Equal(CounterReply.Is(20_001), await AskAsync(WakeCounter(), new GetCount()));
    }

    [Theory]
    [InlineData("message = x'00'")]
    [InlineData("message = x'0000000000000000'")]
    [InlineData("manifest = 'cc'")]
    [InlineData("identifier = 811")]
    [Trait("Promise", "10")]
    public async Task An_entity_with_a_damaged_event_does_not_start_and_says_so_and_others_go_on(string damage)
    {
        var (counter, coupon) = (WakeCounter(), WakeCoupon());
        Assert.Equal(CounterReply.Is(2), await AskAsync(counter, new Count(2)));
        Assert.IsType<CouponStands>(await AskCouponAsync(coupon, new CreateCoupon(JournalEntries.Created().Policy)));
        await counter.GracefulStop(Patience);
        await coupon.GracefulStop(Patience);
        await _test.TamperAsync($"UPDATE journal SET {damage} WHERE persistence_id = 'counter-7' AND sequence_number = 1");

        Assert.Equal(CounterReply.Unavailable, await AskAsync(WakeCounter(), new GetCount()));

        Assert.Equal([new EntityKey(CounterKind.Instance, Id)], _settings.Unrecoverable.Entities.Keys);
        Assert.Null(_settings.Unrecoverable.RestOf(CouponSettings.KeyOf(Id)));
        Assert.IsType<StatusIs>(await AskCouponAsync(WakeCoupon(), GetStatus.Instance));
    }

    [Fact]
    public async Task The_reader_gives_rows_of_every_kind_and_its_position_counts_them()
    {
        Assert.Equal(CounterReply.Is(2), await AskAsync(WakeCounter(), new Count(2)));
        Assert.IsType<CouponStands>(await AskCouponAsync(WakeCoupon(), new CreateCoupon(JournalEntries.Created().Policy)));

        var batch = await new JournalReader(_test.Database, CounterKind.WithCounters, 0, TimeProvider.System).NextAsync(default);

        Assert.Equal(
            [new EntityKey(CounterKind.Instance, Id), CouponSettings.KeyOf(Id)], batch.Rows.OrderBy(row => row.Ordering).Select(row => row.Key));
        Assert.Equal(new Counted(2), batch.Rows.Single(row => row.Key.Kind == CounterKind.Instance).Decode(out _));
        Assert.Equal(batch.JournalEnd, batch.Position.ReadUpTo);
    }

    private IActorRef WakeCounter() => _system.ActorOf(EntityActor.Props(new EntityKey(CounterKind.Instance, Id), _settings));

    private IActorRef WakeCoupon() => _system.ActorOf(CouponActor.Props(Id, _settings));

    private async Task<Reply> AskAsync(IActorRef counter, Command command) => Assert.Single((await counter.Ask<EntityAnswers>(
        new EntityRequest(new EntityKey(CounterKind.Instance, Id), Interlocked.Increment(ref _number), [command], []), Patience)).Replies);

    private async Task<CouponReply> AskCouponAsync(IActorRef coupon, CouponCommand command) =>
        Assert.Single((await coupon.Ask<CouponAnswers>(new CouponRequest(Id, Interlocked.Increment(ref _number), [command]), Patience)).Replies);
}
