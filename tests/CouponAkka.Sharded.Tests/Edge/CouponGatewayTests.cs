using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Entities;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace CouponAkka.Sharded.Tests.Edge;

/// <summary>The edge, with a probe or a real coupon where the shard region would be.</summary>
public sealed class CouponGatewayTests : TestKit
{
    private const long CouponId = 7;

    private static readonly Config OneMember = ConfigurationFactory.ParseString(
        """
        akka.actor.provider = cluster
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        akka.persistence.journal.inmem.replay-filter.mode = off
        akka.test.single-expect-default = 30s
        """);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Timestamp At = new(1_700_000_000_000_000);

    private static readonly CouponPolicy Policy = new(
        "a coupon", 3, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    private readonly ManualTime _time = new();
    private readonly TestProbe _region;
    private IActorRef _edge = ActorRefs.Nobody;

    public CouponGatewayTests(ITestOutputHelper output)
        : base(OneMember, output: output) =>
        _region = CreateTestProbe();

    [Fact]
    public async Task One_request_is_on_its_way_and_who_asks_meanwhile_is_in_the_next()
    {
        var gateway = await ConnectAsync(_region);

        var first = gateway.AskAsync(CouponId, new IssueCoupon(1));
        var others = Enumerable.Range(2, 3).Select(user => gateway.AskAsync(CouponId, new IssueCoupon(user)).AsTask()).ToArray();

        var request = _region.ExpectMsg<CouponRequest>();
        Assert.Equal([new IssueCoupon(1)], request.Commands);
        _region.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        Reply(request, new Issued(Unit(1)));
        Assert.Equal(Unit(1), Assert.IsType<Issued>(await first).Issue);

        request = _region.ExpectMsg<CouponRequest>();
        Assert.Equal([new IssueCoupon(2), new IssueCoupon(3), new IssueCoupon(4)], request.Commands);
        Reply(request, new Issued(Unit(2)), CouponReply.OutcomeUnknown, new Refused(RefusalReason.SoldOut));
        Assert.Equal(
            [new Issued(Unit(2)), CouponReply.OutcomeUnknown, new Refused(RefusalReason.SoldOut)], await Task.WhenAll(others));
    }

    [Fact]
    public async Task An_entity_of_another_kind_is_asked_likewise_beside_the_coupon_with_its_id_and_what_is_lost_is_said_in_its_words()
    {
        var gateway = await ConnectAsync(_region);

        var first = gateway.AskAsync(CounterKind.Instance, CouponId, new Count(1));
        Command[] commands = [new Count(2), new GetCount()];
        var lost = commands.Select(command => gateway.AskAsync(CounterKind.Instance, CouponId, command).AsTask()).ToArray();
        var coupon = gateway.AskAsync(CouponId, new IssueCoupon(1));

        var request = _region.ExpectMsg<EntityRequest>();
        Assert.Equal([new Count(1)], request.Commands);
        var issue = _region.ExpectMsg<CouponRequest>();
        _edge.Tell(new EntityAnswers(request.Key, request.Number, [CounterReply.Is(1)]), _region);
        Assert.Equal(CounterReply.Is(1), await first);

        request = _region.ExpectMsg<EntityRequest>();
        Assert.Equal([new Count(2), new GetCount()], request.Commands);
        // The answer to a question after it.
        _edge.Tell(new EntityAnswers(request.Key, request.Number + 1, []), _region);
        Assert.Equal([CounterReply.OutcomeUnknown, CounterReply.Unavailable], await Task.WhenAll(lost));
        Reply(issue, new Issued(Unit(1)));
        Assert.IsType<Issued>(await coupon);
    }

    [Fact]
    public async Task Coupons_do_not_wait_for_each_other()
    {
        var gateway = await ConnectAsync(_region);

        _ = gateway.AskAsync(1, new IssueCoupon(1)).AsTask();
        _ = gateway.AskAsync(2, new IssueCoupon(1)).AsTask();

        Assert.Equal([1, 2], new[] { _region.ExpectMsg<CouponRequest>().CouponId, _region.ExpectMsg<CouponRequest>().CouponId });
    }

    [Fact]
    public async Task More_than_fit_in_a_frame_are_sent_one_request_after_the_other()
    {
        var gateway = await ConnectAsync(_region);
        var asked = Enumerable.Range(1, 10_001).Select(user => gateway.AskAsync(CouponId, new IssueCoupon(user)).AsTask()).ToArray();

        for (var answered = 0; answered < asked.Length;)
        {
            var request = _region.ExpectMsg<CouponRequest>();
            Assert.InRange(request.Commands.Count, 1, 4_096);
            Reply(request, [.. request.Commands.Select(_ => new Refused(RefusalReason.SoldOut))]);
            answered += request.Commands.Count;
        }

        Assert.All(await Task.WhenAll(asked), reply => Assert.Equal(new Refused(RefusalReason.SoldOut), reply));
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task What_is_not_answered_in_time_is_unknown_and_an_answer_that_comes_late_is_nobodys()
    {
        var gateway = await ConnectAsync(_region);
        var first = gateway.AskAsync(CouponId, new IssueCoupon(1));
        var late = _region.ExpectMsg<CouponRequest>();
        _time.Pass(TimeSpan.FromSeconds(6));

        Assert.Equal(CouponReply.OutcomeUnknown, await first);
        // The way to the coupon is forgotten, and there is a new one.
        await Task.Delay(TimeSpan.FromMilliseconds(600));
        var second = gateway.AskAsync(CouponId, new IssueCoupon(2)).AsTask();
        // A probe of the first may come before it.
        var request = _region.FishForMessage<CouponRequest>(request => request.Commands[0] is IssueCoupon { UserId: 2 });
        Reply(late, new Issued(Unit(1)));
        Reply(request, new Refused(RefusalReason.SoldOut));

        Assert.Equal(new Refused(RefusalReason.SoldOut), await second.WaitAsync(Patience));
    }

    [Fact]
    [Trait("Promise", "7")]
    public async Task A_request_that_got_lost_is_unknown_as_soon_as_the_coupon_answers_what_was_sent_after_it()
    {
        var gateway = await ConnectAsync(_region);
        var lost = gateway.AskAsync(CouponId, new IssueCoupon(1));
        _region.ExpectMsg<CouponRequest>();

        _time.Pass(TimeSpan.FromSeconds(0.5));
        var probe = _region.ExpectMsg<CouponRequest>();
        Assert.Equal([GetStatus.Instance], probe.Commands);
        var next = gateway.AskAsync(CouponId, new IssueCoupon(2)).AsTask();
        Reply(probe, CouponReply.Unavailable);

        Assert.Equal(CouponReply.OutcomeUnknown, await lost.AsTask().WaitAsync(Patience));
        var request = _region.ExpectMsg<CouponRequest>();
        Reply(probe, CouponReply.Unavailable);
        Reply(request, new Issued(Unit(2)));
        Assert.Equal(new Issued(Unit(2)), await next);
    }

    [Fact]
    public async Task A_request_that_only_took_long_is_answered_and_what_was_sent_after_it_is_passed_over()
    {
        var gateway = await ConnectAsync(_region);
        var slow = gateway.AskAsync(CouponId, new IssueCoupon(1)).AsTask();
        var request = _region.ExpectMsg<CouponRequest>();
        _time.Pass(TimeSpan.FromSeconds(0.5));
        var probe = _region.ExpectMsg<CouponRequest>();
        // Not each time that it is looked at.
        _region.ExpectNoMsg(TimeSpan.FromMilliseconds(600));

        Reply(request, new Issued(Unit(1)));
        Assert.Equal(new Issued(Unit(1)), await slow);
        Reply(probe, CouponReply.Unavailable);

        var after = gateway.AskAsync(CouponId, new IssueCoupon(2)).AsTask();
        Reply(_region.ExpectMsg<CouponRequest>(), new Issued(Unit(2)));
        Assert.Equal(new Issued(Unit(2)), await after);
    }

    [Fact]
    public async Task A_change_that_got_lost_is_asked_after_when_the_coupon_can_not_be_keeping_it_any_more()
    {
        var gateway = await ConnectAsync(_region);
        var lost = gateway.AskAsync(CouponId, new ChangeCoupon(TotalQuantity: new NewTotal(2))).AsTask();
        _region.ExpectMsg<CouponRequest>();
        _time.Pass(TimeSpan.FromSeconds(1.9));
        _region.ExpectNoMsg(TimeSpan.FromMilliseconds(600));

        _time.Pass(TimeSpan.FromSeconds(0.1));
        Reply(_region.ExpectMsg<CouponRequest>(), CouponReply.Unavailable);

        Assert.Equal(CouponReply.OutcomeUnknown, await lost.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_question_that_is_not_answered_in_time_is_unavailable_for_it_decides_nothing()
    {
        var gateway = await ConnectAsync(_region);
        var asked = gateway.AskAsync(CouponId, GetStatus.Instance);
        _region.ExpectMsg<CouponRequest>();
        _time.Pass(TimeSpan.FromSeconds(6));

        Assert.Equal(CouponReply.Unavailable, await asked);
    }

    [Fact]
    public async Task Before_the_region_is_there_nothing_is_decided() =>
        Assert.Equal(CouponReply.Unavailable, await Gateway().AskAsync(CouponId, new IssueCoupon(1)));

    [Fact]
    [Trait("Promise", "7")]
    public async Task When_the_actor_system_ends_nobody_is_left_without_an_answer()
    {
        var gateway = await ConnectAsync(_region);
        var onItsWay = gateway.AskAsync(CouponId, new IssueCoupon(1));
        var question = gateway.AskAsync(CouponId + 1, GetStatus.Instance);
        var gathered = gateway.AskAsync(CouponId, new IssueCoupon(2));
        _region.ExpectMsg<CouponRequest>();
        _region.ExpectMsg<CouponRequest>();

        await _edge.GracefulStop(Patience);

        Assert.Equal(CouponReply.OutcomeUnknown, await onItsWay.AsTask().WaitAsync(Patience));
        Assert.Equal(CouponReply.Unavailable, await question.AsTask().WaitAsync(Patience));
        Assert.Equal(CouponReply.Unavailable, await gathered.AsTask().WaitAsync(Patience));
        Assert.Equal(CouponReply.Unavailable, await gateway.AskAsync(CouponId, new IssueCoupon(3)).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Without_its_region_the_edge_answers_at_once_that_it_can_not()
    {
        var gateway = await ConnectAsync(_region);
        Watch(_edge);

        Sys.Stop(_region);

        ExpectTerminated(_edge, Patience);
        Assert.Equal(CouponReply.Unavailable, await gateway.AskAsync(CouponId, new IssueCoupon(1)).AsTask().WaitAsync(Patience));
    }

    [Fact]
    [Trait("Promise", "5")]
    [Trait("Promise", "6")]
    public async Task A_coupon_that_is_sold_out_is_refused_from_memory_exactly_as_it_refuses_itself()
    {
        var (gateway, region) = await ConnectToCouponAsync();
        Assert.IsType<CouponStands>(await gateway.AskAsync(CouponId, new CreateCoupon(Policy)));
        for (var user = 1; user <= 3; user++)
            Assert.IsType<Issued>(await gateway.AskAsync(CouponId, new IssueCoupon(user)));
        await UntilRefusedFromMemoryAsync(gateway, region);

        var asked = region.Requests;
        for (var user = 1; user <= 100; user++)
        {
            var refusal = Assert.IsType<Refused>(await gateway.AskAsync(CouponId, new IssueCoupon(user)));
            Assert.Equal(user <= 3 ? RefusalReason.DuplicatedIssue : RefusalReason.SoldOut, refusal.Reason);
            Assert.Equal(user <= 3 ? user : null, refusal.Issue?.Ticket);
        }

        // Those of the three holders, whose units may have been used meanwhile.
        Assert.Equal(asked + 3, region.Requests);
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Once_a_raised_total_is_answered_no_edge_says_sold_out()
    {
        var (one, region) = await ConnectToCouponAsync();
        var other = await ConnectAsync(region.Ref);
        Assert.IsType<CouponStands>(await one.AskAsync(CouponId, new CreateCoupon(Policy with { TotalQuantity = 0 })));
        await UntilRefusedFromMemoryAsync(one, region);
        await UntilRefusedFromMemoryAsync(other, region);

        var changing = one.AskAsync(CouponId, new ChangeCoupon(TotalQuantity: new NewTotal(2))).AsTask();
        AwaitCondition(() => region.Changes == 1, Patience);
        // The other edge holds a lease, so the change is not decided, and what it says is still true.
        Assert.Equal(new Refused(RefusalReason.SoldOut), await other.AskAsync(CouponId, new IssueCoupon(8)));
        Assert.False(changing.IsCompleted);
        _time.Pass(WriterLease.WaitedOut);

        Assert.IsType<CouponStands>(await changing);
        Assert.IsType<Issued>(await other.AskAsync(CouponId, new IssueCoupon(8)));
        Assert.IsType<Issued>(await one.AskAsync(CouponId, new IssueCoupon(9)));
    }

    [Fact]
    [Trait("Promise", "5")]
    public async Task Once_a_stop_is_answered_every_edge_says_stopped_and_once_it_is_resumed_none_does()
    {
        var (one, region) = await ConnectToCouponAsync();
        var other = await ConnectAsync(region.Ref);
        Assert.IsType<CouponStands>(await one.AskAsync(CouponId, new CreateCoupon(Policy with { TotalQuantity = 0 })));
        await UntilRefusedFromMemoryAsync(other, region);

        var stopping = one.AskAsync(CouponId, StopIssuing.Instance).AsTask();
        AwaitCondition(() => region.Changes == 1, Patience);
        Assert.Equal(new Refused(RefusalReason.SoldOut), await other.AskAsync(CouponId, new IssueCoupon(8)));
        Assert.False(stopping.IsCompleted);
        _time.Pass(WriterLease.WaitedOut);
        Assert.True(Assert.IsType<CouponStands>(await stopping).Coupon.Stopped);
        Assert.Equal(new Refused(RefusalReason.Stopped), await other.AskAsync(CouponId, new IssueCoupon(8)));

        _time.Pass(WriterLease.WaitedOut);
        await UntilRefusedFromMemoryAsync(other, region);
        Assert.Equal(new Refused(RefusalReason.Stopped), await other.AskAsync(CouponId, new IssueCoupon(8)));
        var resuming = one.AskAsync(CouponId, ResumeIssuing.Instance).AsTask();
        AwaitCondition(() => region.Changes == 2, Patience);
        Assert.Equal(new Refused(RefusalReason.Stopped), await other.AskAsync(CouponId, new IssueCoupon(8)));
        _time.Pass(WriterLease.WaitedOut);
        Assert.False(Assert.IsType<CouponStands>(await resuming).Coupon.Stopped);
        Assert.Equal(new Refused(RefusalReason.SoldOut), await other.AskAsync(CouponId, new IssueCoupon(8)));
    }

    [Fact]
    [Trait("Promise", "18")]
    public async Task Once_a_use_is_answered_every_edge_tells_of_it_in_a_duplicate()
    {
        var (one, region) = await ConnectToCouponAsync();
        var other = await ConnectAsync(region.Ref);
        Assert.IsType<CouponStands>(await one.AskAsync(CouponId, new CreateCoupon(Policy with { TotalQuantity = 1 })));
        Assert.IsType<Issued>(await one.AskAsync(CouponId, new IssueCoupon(1)));
        await UntilRefusedFromMemoryAsync(one, region);
        await UntilRefusedFromMemoryAsync(other, region);

        var used = Assert.IsType<Used>(await one.AskAsync(CouponId, new UseCoupon(1, 20_000)));

        var duplicate = new Refused(RefusalReason.DuplicatedIssue, used.Issue);
        Assert.Equal(duplicate, await one.AskAsync(CouponId, new IssueCoupon(1)));
        Assert.Equal(duplicate, await other.AskAsync(CouponId, new IssueCoupon(1)));
        // Their leases go on: a use makes no other refusal untrue.
        var asked = region.Requests;
        Assert.Equal(new Refused(RefusalReason.SoldOut), await one.AskAsync(CouponId, new IssueCoupon(2)));
        Assert.Equal(new Refused(RefusalReason.SoldOut), await other.AskAsync(CouponId, new IssueCoupon(2)));
        Assert.Equal(asked, region.Requests);

        _time.Pass(Followers.Lease);
        await UntilRefusedFromMemoryAsync(other, region);
        asked = region.Requests;
        Assert.Equal(duplicate, await other.AskAsync(CouponId, new IssueCoupon(1)));
        Assert.Equal(asked, region.Requests);
    }

    [Fact]
    public async Task A_copy_that_is_being_fetched_counts_once()
    {
        const int length = 900 * 1024;
        var gateway = new CouponGateway(Options.Create(new EdgeOptions { CopiesMegabytes = 1 }), _time, NullLogger<CouponGateway>.Instance);
        await ConnectAsync(gateway, _region);
        var asked = gateway.AskAsync(CouponId, new IssueCoupon(1));
        var request = _region.ExpectMsg<CouponRequest>();
        _edge.Tell(new CouponAnswers(CouponId, request.Number, [new Refused(RefusalReason.SoldOut)], Closed: true), _region);
        await asked;

        var follow = _region.ExpectMsg<FollowCoupon>();
        _edge.Tell(new CouponSnapshotPart(CouponId, follow.Number, 5, 0, length, new byte[Followers.PartLength]), _region);
        follow = _region.ExpectMsg<FollowCoupon>();
        Assert.Equal(Followers.PartLength, follow.FetchedUpTo);
        _edge.Tell(new CouponSnapshotPart(CouponId, follow.Number, 5, Followers.PartLength, length, new byte[Followers.PartLength]), _region);

        Assert.Equal(2 * Followers.PartLength, _region.ExpectMsg<FollowCoupon>().FetchedUpTo);
    }

    private CouponGateway Gateway() => new(Options.Create(new EdgeOptions()), _time, NullLogger<CouponGateway>.Instance);

    private async Task<CouponGateway> ConnectAsync(IActorRef region)
    {
        var gateway = Gateway();
        await ConnectAsync(gateway, region);
        return gateway;
    }

    private async Task ConnectAsync(CouponGateway gateway, IActorRef region)
    {
        var regions = new ShardRegions();
        regions.Add(CouponKind.Instance, region);
        regions.Add(CounterKind.Instance, region);
        _edge = Sys.ActorOf(CouponGateway.Actor.Props(gateway, new OwnRegions(regions), region));
        await _edge.Ask<ActorIdentity>(new Identify(null), Patience);
    }

    private async Task<(CouponGateway Gateway, Region Region)> ConnectToCouponAsync()
    {
        var coupon = Sys.ActorOf(CouponActor.Props(CouponId, CouponSettings.Of(Sys, _time, Patience)));
        var region = new Region();
        region.Ref = Sys.ActorOf(Props.Create(() => new CountingActor(region, coupon)));
        return (await ConnectAsync(region.Ref), region);
    }

    private static async Task UntilRefusedFromMemoryAsync(CouponGateway gateway, Region region) => await Testing.Eventually.HoldsAsync(async () =>
    {
        var before = region.Requests;
        await gateway.AskAsync(CouponId, new IssueCoupon(1_000_000));
        return region.Requests == before;
    });

    private static CouponIssue Unit(long user) => new(CouponId, user, user, At);

    private void Reply(CouponRequest request, params CouponReply[] replies) =>
        _edge.Tell(new CouponAnswers(request.CouponId, request.Number, replies), _region);

    /// <summary>Stands where the shard region would be, and counts what goes through it.</summary>
    private sealed class Region
    {
        private int _requests;
        private int _changes;

        public IActorRef Ref { get; set; } = ActorRefs.Nobody;

        public int Requests => Volatile.Read(ref _requests);

        public int Changes => Volatile.Read(ref _changes);

        public void Count(CouponRequest request)
        {
            Interlocked.Increment(ref _requests);
            if (request.Commands.Any(command => command is PolicyCommand))
                Interlocked.Increment(ref _changes);
        }
    }

    private sealed class CountingActor(Region region, IActorRef coupon) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is CouponRequest request)
                region.Count(request);
            coupon.Forward(message);
        }
    }
}
