using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;
using LinqToDB.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>A coupon that moves between two processes, each with a journal of its own on the same MariaDB.</summary>
public sealed class MovingCouponTests : IAsyncLifetime
{
    private const long CouponId = 7;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly CouponPolicy Policy = new(
        "a coupon", null, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly TestDatabase _test = new();
    private readonly List<IHost> _hosts = [];
    private long _number;

    public Task InitializeAsync() => _test.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }

        await _test.DisposeAsync();
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task A_coupon_that_moves_from_A_to_B_and_back_still_knows_everyone()
    {
        ActorSystem[] systems = [await StartAsync(), await StartAsync()];
        var user = 0L;
        for (var move = 0; move < 6; move++)
        {
            var coupon = Wake(systems[move % 2]);
            if (move == 0)
                Assert.IsType<CouponStands>(await AskAsync(coupon, new CreateCoupon(Policy)));
            for (var issue = 0; issue < 3; issue++)
                Assert.IsType<Issued>(await AskAsync(coupon, new IssueCoupon(++user)));
            await coupon.GracefulStop(Patience, StopEntity.Instance);
        }

        var last = Wake(systems[0]);
        for (var holder = 1L; holder <= user; holder++)
            Assert.Equal(holder, Assert.IsType<IssueFound>(await AskAsync(last, new FindIssue(holder))).Issue.Ticket);
    }

    [Fact]
    [Trait("Promise", "3")]
    public async Task Of_two_writers_one_is_fenced_and_hears_that_its_write_failed()
    {
        var first = Wake(await StartAsync());
        Assert.IsType<CouponStands>(await AskAsync(first, new CreateCoupon(Policy)));
        Assert.IsType<Issued>(await AskAsync(first, new IssueCoupon(1)));

        var second = Wake(await StartAsync());
        Assert.Equal(1, Assert.IsType<StatusIs>(await AskAsync(second, GetStatus.Instance)).Status.IssuedQuantity);

        // The first does not know that it is the writer no longer, and asks for the number that the fence has taken.
        Assert.Equal(CouponReply.OutcomeUnknown, await AskAsync(first, new IssueCoupon(2)));
        Assert.Equal(2, Assert.IsType<Issued>(await AskAsync(second, new IssueCoupon(3))).Issue.Ticket);
        Assert.Equal(RefusalReason.IssueNotExist, Assert.IsType<Refused>(await AskAsync(second, new FindIssue(2))).Reason);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_write_that_lands_late_is_found_or_fails_but_is_never_behind_the_new_writers_back()
    {
        var first = Wake(await StartAsync());
        Assert.IsType<CouponStands>(await AskAsync(first, new CreateCoupon(Policy)));
        await first.GracefulStop(Patience, StopEntity.Instance);

        await using var frozen = _test.Database.Connect();
        await using var transaction = await BeginWriteAsync(frozen);

        var system = await StartAsync();
        var second = Wake(system);
        var asked = AskAsync(second, new FindIssue(1));
        await _test.UntilSomeoneWaitsForALockAsync();
        await transaction.CommitAsync();

        // It would have said that there is no issue. Now its fence has failed, so it knows that it knows too little.
        Assert.Equal(CouponReply.Unavailable, await asked);
        Assert.Equal(1, Assert.IsType<IssueFound>(await AskAsync(Wake(system), new FindIssue(1))).Issue.Ticket);
    }

    [Fact]
    public async Task What_a_process_that_froze_has_left_open_does_not_keep_the_coupon_from_the_next_writer()
    {
        var first = Wake(await StartAsync());
        Assert.IsType<CouponStands>(await AskAsync(first, new CreateCoupon(Policy)));
        await first.GracefulStop(Patience, StopEntity.Instance);
        // MySQL tells who comes back to a connection that it has ended, so nobody does, as nobody would who was frozen.
        var frozen = new DataConnection(_test.Database.WriterOptions);
        await BeginWriteAsync(frozen);

        var second = Wake(await StartAsync());

        Assert.Equal(1, Assert.IsType<Issued>(await AskAsync(second, new IssueCoupon(2))).Issue.Ticket);
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task Many_coupons_that_wake_at_once_are_fenced_and_all_answer()
    {
        const int coupons = 40;
        var system = await StartAsync();
        var before = WakeAll();
        await Task.WhenAll(before.Select((coupon, i) => AskAsync(coupon, new CreateCoupon(Policy), i + 1)));
        await Task.WhenAll(before.Select(coupon => coupon.GracefulStop(Patience, StopEntity.Instance)));

        var replies = await Task.WhenAll(WakeAll().Select((coupon, i) => AskAsync(coupon, new IssueCoupon(1), i + 1)));

        Assert.All(replies, reply => Assert.IsType<Issued>(reply));

        IActorRef[] WakeAll() => [.. Enumerable.Range(1, coupons).Select(couponId => Wake(system, couponId))];
    }

    [Fact]
    [Trait("Promise", "18")]
    public async Task Who_was_the_writer_and_is_told_of_nothing_never_answers_untruly()
    {
        const int coupons = 16;
        ActorSystem[] systems = [await StartAsync(), await StartAsync()];

        await Task.WhenAll(Enumerable.Range(1, coupons).Select(async couponId =>
        {
            var first = Wake(systems[0], couponId);
            Assert.IsType<CouponStands>(await AskAsync(first, new CreateCoupon(Policy with { TotalQuantity = 1 }), couponId));
            Assert.IsType<Issued>(await AskAsync(first, new IssueCoupon(1), couponId));
            Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(await AskAsync(first, new IssueCoupon(2), couponId)).Reason);

            var second = Wake(systems[1], couponId);
            var number = Interlocked.Increment(ref _number);
            var took = await second.Ask<CouponAnswers>(
                new CouponRequest(couponId, number, [new ChangeCoupon(TotalQuantity: new NewTotal(10)), new IssueCoupon(2), new UseCoupon(1)]), Patience);
            Assert.IsType<Used>(took.Replies[2]);

            // Each by itself, and all at once, at whoever was the writer.
            CouponCommand[] commands = [new IssueCoupon(3), new IssueCoupon(2), new FindIssue(2), GetStatus.Instance, new UseCoupon(2), new FindIssue(1), new CreateCoupon(Policy)];
            var followed = AskOrNothingAsync<FollowedCoupon>(first, new FollowCoupon(couponId, Interlocked.Increment(ref _number), 2));
            var replies = await Task.WhenAll(commands.Select(async command => (
                Command: command, Answers: await AskOrNothingAsync<CouponAnswers>(first, new CouponRequest(couponId, Interlocked.Increment(ref _number), [command])))));

            Assert.IsNotType<CouponLease>(await followed);
            Assert.All(replies, reply => Assert.True(
                reply.Answers is null || reply.Answers.Replies[0] is Refused { Reason: RefusalReason.Unavailable or RefusalReason.OutcomeUnknown },
                $"{reply.Command}: {reply.Answers?.Replies[0]}"));
            // And who comes next in its process knows all of it.
            var third = Wake(systems[0], couponId);
            Assert.Equal(2, Assert.IsType<IssueFound>(await AskAsync(third, new FindIssue(2), couponId)).Issue.Ticket);
            Assert.NotNull(Assert.IsType<IssueFound>(await AskAsync(third, new FindIssue(1), couponId)).Issue.DateUsed);
        }));
    }

    [Fact]
    [Trait("Promise", "18")]
    public async Task Who_found_no_coupon_does_not_say_so_after_another_has_created_it()
    {
        var first = Wake(await StartAsync());
        Assert.Equal(RefusalReason.CouponNotExist, Assert.IsType<Refused>(await AskAsync(first, GetStatus.Instance)).Reason);
        var second = Wake(await StartAsync());
        Assert.IsType<CouponStands>(await AskAsync(second, new CreateCoupon(Policy)));

        var answers = await AskOrNothingAsync<CouponAnswers>(first, new CouponRequest(CouponId, Interlocked.Increment(ref _number), [GetStatus.Instance]));

        Assert.Equal(CouponReply.Unavailable, Assert.Single(answers!.Replies));
    }

    // An actor that has stopped answers nobody.
    private static async Task<T?> AskOrNothingAsync<T>(IActorRef coupon, object question)
        where T : class
    {
        try
        {
            return await coupon.Ask<T>(question, TimeSpan.FromSeconds(3));
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    /// <summary>The write of a process that froze inside its transaction, after the coupon was created and handed over: the row is there, and nobody can see it yet.</summary>
    private static async Task<DataConnectionTransaction> BeginWriteAsync(DataConnection frozen)
    {
        var transaction = await frozen.BeginTransactionAsync();
        var late = new CouponsIssued([new CouponIssued(1, 1, new Timestamp(1))]);
        await frozen.ExecuteAsync(
            "INSERT INTO journal (persistence_id, sequence_number, created, message, identifier, manifest) VALUES (@id, 3, 0, @message, @serializer, @manifest)",
            new { id = PersistenceIds.Of(CouponSettings.KeyOf(CouponId)), message = CouponEventCodec.Encode(late), serializer = CouponSerializer.Id, manifest = CouponEventCodec.Manifest(late) });
        return transaction;
    }

    private async Task<ActorSystem> StartAsync()
    {
        var host = await CouponHost.StartAsync(_test.Database, Patience);
        _hosts.Add(host);
        return host.Services.GetRequiredService<ActorSystem>();
    }

    private IActorRef Wake(ActorSystem system, long couponId = CouponId) =>
        system.ActorOf(CouponActor.Props(couponId, CouponSettings.Of(_test.Database, Patience)));

    private async Task<CouponReply> AskAsync(IActorRef coupon, CouponCommand command, long couponId = CouponId) =>
        Assert.Single((await coupon.Ask<CouponAnswers>(new CouponRequest(couponId, Interlocked.Increment(ref _number), [command]), Patience)).Replies);
}
