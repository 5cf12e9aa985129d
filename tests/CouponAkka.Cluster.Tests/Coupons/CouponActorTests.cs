using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using CouponAkka.Api.Telemetry;
using CouponAkka.Cluster.Coupons;
using CouponAkka.Cluster.Tests.Support;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Xunit.Abstractions;

namespace CouponAkka.Cluster.Tests.Coupons;

/// <summary>The coupon's actor, with a journal that holds, fails or rejects a write when the test says so.</summary>
public sealed class CouponActorTests : TestKit
{
    private const long CouponId = 7;

    private static readonly CouponPolicy Policy = new(
        "a coupon", 3, 1_000, 10_000, new Timestamp(0), Timestamp.From(new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));

    // A write that is held is not to fail.
    private static readonly Config Patient = ConfigurationFactory.ParseString(
        """
        akka.test.single-expect-default = 30s
        akka.persistence.journal.test.circuit-breaker.call-timeout = 120s
        """).WithFallback(ConfigurationFactory.FromResource<TestJournal>("Akka.Persistence.TestKit.config.conf"));

    private readonly ManualTime _time = new();
    private readonly WriteInterceptor _writes = new();
    private readonly PersistenceExtension _persistence;
    private readonly TestProbe _shard;
    private readonly TestProbe _edge;
    private long _number;

    public CouponActorTests(ITestOutputHelper output)
        : base(Patient, output: output)
    {
        _shard = CreateTestProbe();
        _edge = CreateTestProbe();
        _persistence = Akka.Persistence.Persistence.Instance.Apply(Sys);
        TestJournal.FromRef(_persistence.JournalFor(null)).OnWrite.SetInterceptorAsync(_writes).Wait(TimeSpan.FromSeconds(10));
    }

    [Fact]
    [Trait("Promise", "3")]
    public void Promise_3_a_reply_leaves_only_when_its_event_is_durable()
    {
        var coupon = Created();
        _writes.Hold();

        Ask(coupon, new IssueCoupon(1));
        AwaitWrite<CouponsIssued>();
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _writes.LetGo();

        Assert.Equal(1, Assert.IsType<Issued>(Answer()).Issue.Ticket);
    }

    [Fact]
    [Trait("Promise", "6")]
    public void Promises_5_and_6_a_refusal_waits_for_what_was_decided_before_it()
    {
        var coupon = Created(total: 1);
        _writes.Hold();

        Ask(coupon, new IssueCoupon(1));
        AwaitWrite<CouponsIssued>();
        Ask(coupon, new IssueCoupon(1));
        Ask(coupon, new IssueCoupon(2));
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _writes.LetGo();

        Assert.IsType<Issued>(Answer());
        Assert.Equal(RefusalReason.DuplicatedIssue, Assert.IsType<Refused>(Answer()).Reason);
        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Answer()).Reason);
    }

    [Fact]
    public void A_refusal_with_nothing_pending_leaves_at_once()
    {
        var coupon = Created(total: 0);
        _writes.Hold();

        Ask(coupon, new IssueCoupon(1));

        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Answer()).Reason);
    }

    [Fact]
    public void What_gathers_during_a_write_is_one_event_and_the_answers_to_one_request_come_together_and_in_order()
    {
        var coupon = Created();
        _writes.Hold();
        Ask(coupon, new IssueCoupon(1));
        AwaitWrite<CouponsIssued>();
        Ask(coupon, new IssueCoupon(2), new FindIssue(1), new IssueCoupon(3), new IssueCoupon(4));
        _writes.LetGo();

        Assert.IsType<Issued>(Answer());
        var answers = _edge.ExpectMsg<CouponAnswers>();
        Assert.Equal(
            [typeof(Issued), typeof(IssueFound), typeof(Issued), typeof(Refused)], answers.Replies.Select(reply => reply.GetType()));
        Assert.Equal([2, 3], answers.Replies.OfType<Issued>().Select(issued => issued.Issue.Ticket));
        Assert.Equal([1, 2], _writes.Begun.OfType<CouponsIssued>().Select(happened => happened.Issues.Length));
    }

    [Fact]
    public void A_write_has_the_traces_of_those_it_decided_for_and_not_of_those_who_only_waited_for_the_one_before()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == CouponTraces.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var coupon = Created();
        _writes.Hold();
        AskTraced(1, new IssueCoupon(1));
        AwaitWrite<TracedEvent>();
        AskTraced(2, new IssueCoupon(1));
        Ask(coupon, new IssueCoupon(2));
        _writes.LetGo();
        Assert.IsType<Issued>(Answer());
        Assert.IsType<Refused>(Answer());
        Assert.IsType<Issued>(Answer());

        var traced = Assert.Single(_writes.Begun.OfType<TracedEvent>());
        Assert.Equal(TraceId(1), ActivityContext.Parse(traced.TraceParent, null).TraceId.ToHexString());

        void AskTraced(int trace, CouponCommand command) =>
            coupon.Tell(new CouponRequest(CouponId, ++_number, [command], [$"00-{TraceId(trace)}-b7ad6b7169203331-01"]), _edge);

        static string TraceId(int trace) => $"{trace:x32}";
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "7")]
    public void Promise_7_a_write_that_fails_or_is_rejected_is_unknown_and_asking_again_tells(bool fails)
    {
        var coupon = Created(total: 1);
        _shard.Watch(coupon);
        _writes.Hold();
        Ask(coupon, new IssueCoupon(1));
        AwaitWrite<CouponsIssued>();
        Ask(coupon, new IssueCoupon(2));
        Ask(coupon, new IssueCoupon(1));
        if (fails)
            _writes.Fail();
        else
            _writes.Reject();
        _writes.LetGo();

        for (var waiting = 0; waiting < 3; waiting++)
            Assert.Equal(CouponReply.OutcomeUnknown, Answer());
        _shard.ExpectTerminated(coupon);
        _writes.Mend();
        // Nothing was written, so the unit is there for whoever asks first.
        coupon = Wake();
        Ask(coupon, new IssueCoupon(2));
        Assert.Equal(1, Assert.IsType<Issued>(Answer()).Issue.Ticket);
        Ask(coupon, new IssueCoupon(1));
        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Answer()).Reason);
    }

    [Fact]
    [Trait("Promise", "7")]
    public void Promise_7_a_write_that_hangs_is_unknown_and_if_it_lands_after_all_asking_again_tells_of_it()
    {
        _writes.Hold();
        var coupon = Wake(writeTimeout: TimeSpan.FromMilliseconds(200));
        _shard.Watch(coupon);
        Ask(coupon, new CreateCoupon(Policy), new IssueCoupon(1));
        AwaitWrite<CouponCreated>();

        Assert.Equal([CouponReply.OutcomeUnknown, CouponReply.OutcomeUnknown], _edge.ExpectMsg<CouponAnswers>().Replies);
        _shard.ExpectTerminated(coupon);
        _writes.LetGo();
        AwaitCondition(() => HighestSequenceNumber() == 2, Eventually.Deadline, TimeSpan.FromMilliseconds(5));

        Ask(Wake(), new IssueCoupon(1));
        Assert.Equal(1, Assert.IsType<Refused>(Answer()).Issue!.Ticket);
    }

    [Fact]
    public void A_coupon_that_is_asked_to_stop_during_a_write_finishes_and_answers_first()
    {
        var coupon = Created();
        _shard.Watch(coupon);
        _writes.Hold();
        Ask(coupon, new IssueCoupon(1));
        AwaitWrite<CouponsIssued>();
        Ask(coupon, new IssueCoupon(2));
        coupon.Tell(StopCoupon.Instance);
        _writes.LetGo();

        Assert.IsType<Issued>(Answer());
        Assert.IsType<Issued>(Answer());
        _shard.ExpectTerminated(coupon);
        Ask(Wake(), new GetStatus());
        Assert.Equal(2, Assert.IsType<StatusIs>(Answer()).Status.IssuedQuantity);
    }

    [Fact]
    public void The_first_thing_that_a_recovered_coupon_writes_is_its_fence_and_answers_wait_for_it()
    {
        var coupon = Created(total: 0);
        Stop(coupon);
        _writes.Hold();

        coupon = Wake();
        AwaitWrite<WriterFence>();
        Ask(coupon, new IssueCoupon(1));
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _writes.LetGo();

        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Answer()).Reason);
    }

    [Fact]
    public void A_fence_that_is_too_late_makes_the_coupon_recover_again()
    {
        var coupon = Created();
        Stop(coupon);
        _writes.Fail();

        coupon = Wake();
        _shard.Watch(coupon);

        _shard.ExpectTerminated(coupon);
    }

    [Fact]
    public void A_coupon_that_does_not_exist_writes_nothing_and_asks_to_be_let_go()
    {
        Ask(Wake(), new IssueCoupon(1));

        Assert.Equal(RefusalReason.CouponNotExist, Assert.IsType<Refused>(Answer()).Reason);
        Assert.Same(StopCoupon.Instance, _shard.ExpectMsg<Passivate>().StopMessage);
        Assert.Empty(_writes.Begun);
    }

    [Fact]
    [Trait("Promise", "3")]
    public void Promise_3_a_coupon_recovers_from_its_snapshot_and_the_events_since()
    {
        const int issued = 25_000;
        var coupon = Created(total: null);
        for (var user = 1L; user <= issued; user += 1_000)
        {
            Ask(coupon, [.. Enumerable.Range(0, 1_000).Select(next => new IssueCoupon(user + next))]);
            Assert.All(_edge.ExpectMsg<CouponAnswers>().Replies, reply => Assert.IsType<Issued>(reply));
        }

        var saved = new SnapshotProbe(this);
        AwaitCondition(() => saved.Exists(PersistenceId.Of(CouponId)), Eventually.Deadline, TimeSpan.FromMilliseconds(5));
        Stop(coupon);

        coupon = Wake();
        Ask(coupon, new GetStatus(), new FindIssue(1), new FindIssue(issued));

        var replies = _edge.ExpectMsg<CouponAnswers>().Replies;
        Assert.Equal(issued, Assert.IsType<StatusIs>(replies[0]).Status.IssuedQuantity);
        Assert.Equal(new CouponIssue(CouponId, 1, 1, Timestamp.From(_time.GetUtcNow())), Assert.IsType<IssueFound>(replies[1]).Issue);
        Assert.Equal(issued, Assert.IsType<IssueFound>(replies[2]).Issue.Ticket);
    }

    [Fact]
    [Trait("Promise", "5")]
    public void Promise_5_a_change_waits_until_no_edge_refuses_from_memory_any_more()
    {
        var coupon = Created(total: 0);
        _time.Pass(Followers.Lease);
        Ask(coupon, new IssueCoupon(1));
        Assert.True(_edge.ExpectMsg<CouponAnswers>().Closed);
        var leased = Follow(coupon);
        Assert.Equal(Followers.Lease, leased.Duration);

        Ask(coupon, new ChangeCoupon(TotalQuantity: new NewTotal(1)));
        Ask(coupon, new IssueCoupon(2));
        // Another's request is not kept waiting, and is refused as the edges refuse.
        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Answer()).Reason);
        _time.Pass(Followers.Lease);

        Assert.Equal(1, Assert.IsType<CouponStands>(Answer()).Coupon.Policy.TotalQuantity);
        Ask(coupon, new IssueCoupon(2));
        Assert.IsType<Issued>(Answer());
    }

    [Fact]
    public void A_coupon_that_is_open_is_not_to_be_followed()
    {
        var coupon = Created();

        coupon.Tell(new FollowCoupon(CouponId, 1, 0), _edge);

        Assert.Equal(typeof(FollowedCoupon), _edge.ExpectMsg<FollowedCoupon>().GetType());
    }

    private IActorRef Wake(TimeSpan? writeTimeout = null) =>
        _shard.ChildActorOf(CouponActor.Props(CouponId, new CouponActorSettings(_time, writeTimeout ?? TimeSpan.FromMinutes(1))));

    private IActorRef Created(long? total = 3)
    {
        var coupon = Wake();
        Ask(coupon, new CreateCoupon(Policy with { TotalQuantity = total }));
        Assert.True(Assert.IsType<CouponStands>(Answer()).Created);
        return coupon;
    }

    private void Ask(IActorRef coupon, params CouponCommand[] commands) => coupon.Tell(new CouponRequest(CouponId, ++_number, commands), _edge);

    private CouponReply Answer() => Assert.Single(_edge.ExpectMsg<CouponAnswers>().Replies);

    private void AwaitWrite<T>() => AwaitCondition(() => _writes.Begun.LastOrDefault() is T, Eventually.Deadline, TimeSpan.FromMilliseconds(5));

    /// <summary>Of what stands in the journal.</summary>
    private long HighestSequenceNumber()
    {
        var probe = CreateTestProbe();
        _persistence.JournalFor(null).Tell(new ReplayMessages(1, long.MaxValue, long.MaxValue, PersistenceId.Of(CouponId), probe), probe);
        return probe.FishForMessage<RecoverySuccess>(_ => true).HighestSequenceNr;
    }

    private void Stop(IActorRef coupon)
    {
        _shard.Watch(coupon);
        coupon.Tell(StopCoupon.Instance);
        _shard.ExpectTerminated(coupon);
    }

    /// <summary>Fetches all of the coupon and returns the lease.</summary>
    private CouponLease Follow(IActorRef coupon)
    {
        var follow = new FollowCoupon(CouponId, 1, 0);
        while (true)
        {
            coupon.Tell(follow, _edge);
            switch (_edge.ExpectMsg<FollowedCoupon>(_ => true))
            {
                case CouponLease lease:
                    return lease;
                case CouponSnapshotPart part:
                    var fetched = part.Offset + part.Bytes.Length;
                    follow = new FollowCoupon(CouponId, follow.Number + 1, part.SequenceNumber, fetched < part.Length ? fetched : null);
                    break;
                default:
                    // The snapshot is being encoded.
                    break;
            }
        }
    }

    /// <summary>Looks into the snapshot store.</summary>
    private sealed class SnapshotProbe(CouponActorTests tests)
    {
        private readonly TestProbe _probe = tests.CreateTestProbe();

        public bool Exists(string persistenceId)
        {
            tests._persistence.SnapshotStoreFor(null).Tell(
                new LoadSnapshot(persistenceId, SnapshotSelectionCriteria.Latest, long.MaxValue), _probe);
            return _probe.ExpectMsg<LoadSnapshotResult>().Snapshot is not null;
        }
    }
}
