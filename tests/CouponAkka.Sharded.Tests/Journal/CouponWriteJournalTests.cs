using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence.Sql.Journal;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Entities;
using CouponAkka.Sharded.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Sharded.Tests.Journal;

/// <summary>Our journal beside Akka.Persistence.Sql's own, which versions before it write with.</summary>
public sealed class CouponWriteJournalTests : IAsyncLifetime
{
    private const long CouponId = 7;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly CouponPolicy Policy = new(
        "a coupon", null, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly TestDatabase _ours = new();
    private readonly TestDatabase _akkas = new();
    private readonly ManualTime _time = new();
    private long _number;

    public Task InitializeAsync() => Task.WhenAll(_ours.InitializeAsync(), _akkas.InitializeAsync());

    public Task DisposeAsync() => Task.WhenAll(_ours.DisposeAsync(), _akkas.DisposeAsync());

    [Fact]
    public async Task What_it_writes_is_byte_for_byte_what_the_version_before_writes()
    {
        await IssueAsync(_ours, ours: true, firstUser: 1);
        await IssueAsync(_akkas, ours: false, firstUser: 1);

        var rows = await RowsAsync(_ours);
        Assert.NotEmpty(rows);
        Assert.Equal(await RowsAsync(_akkas), rows);

        static Task<List<string>> RowsAsync(TestDatabase test) => test.RowsAsync(
            "SELECT persistence_id, sequence_number, deleted, tags, HEX(message), identifier, manifest FROM journal ORDER BY ordering");
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_coupon_goes_from_the_version_before_to_this_one_and_back_and_still_knows_everyone()
    {
        foreach (var (ours, firstUser) in ((bool, long)[])[(false, 1), (true, 11), (false, 21), (true, 31)])
            await IssueAsync(_ours, ours, firstUser);

        using var host = await StartAsync(_ours, ours: false);
        var coupon = Wake(host, _ours);
        foreach (var user in (long[])[1, 2, 3, 11, 12, 13, 21, 22, 23, 31, 32, 33])
            Assert.IsType<IssueFound>(await AskAsync(coupon, new FindIssue(user)));
        await host.StopAsync();
    }

    private async Task IssueAsync(TestDatabase test, bool ours, long firstUser)
    {
        using var host = await StartAsync(test, ours);
        var coupon = Wake(host, test);
        if (firstUser == 1)
            Assert.IsType<CouponStands>(await AskAsync(coupon, new CreateCoupon(Policy)));
        Assert.IsType<Issued>(await AskAsync(coupon, new IssueCoupon(firstUser)));
        Assert.All(await AskAllAsync(coupon, new IssueCoupon(firstUser + 1), new IssueCoupon(firstUser + 2), new UseCoupon(firstUser, 20_000)), reply => Assert.IsNotType<Refused>(reply));
        await coupon.GracefulStop(Patience, StopEntity.Instance);
        await host.StopAsync();
    }

    private IActorRef Wake(IHost host, TestDatabase test) => host.Services.GetRequiredService<ActorSystem>().ActorOf(
        CouponActor.Props(CouponId, CouponSettings.Of(_time, Patience, new JournalEnds(test.Database, Patience))));

    private static Task<IHost> StartAsync(TestDatabase test, bool ours) => CouponHost.StartAsync(test.Database, Patience, akka =>
    {
        if (!ours)
            akka.AddHocon($"akka.persistence.journal.sql.class = \"{typeof(SqlWriteJournal).AssemblyQualifiedName}\"", HoconAddMode.Prepend);
    });

    private async Task<CouponReply> AskAsync(IActorRef coupon, CouponCommand command) => Assert.Single(await AskAllAsync(coupon, command));

    private async Task<IReadOnlyList<CouponReply>> AskAllAsync(IActorRef coupon, params CouponCommand[] commands) =>
        (await coupon.Ask<CouponAnswers>(new CouponRequest(CouponId, Interlocked.Increment(ref _number), commands), Patience)).Replies;
}
