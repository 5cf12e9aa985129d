using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Journal;
using CouponAkka.Sharded.Tests.Support;
using Xunit.Abstractions;

namespace CouponAkka.Sharded.Tests.Entities;

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
    private readonly TestJournalEnds _ends;
    private readonly EntityActorSettings _settings;
    private long _number;

    public CouponActorTests(ITestOutputHelper output)
        : base(Patient, output: output)
    {
        _shard = CreateTestProbe();
        _edge = CreateTestProbe();
        _persistence = Akka.Persistence.Persistence.Instance.Apply(Sys);
        _ends = new TestJournalEnds(Sys);
        _settings = CouponSettings.Of(_time, TimeSpan.FromMinutes(1), _ends);
        TestJournal.FromRef(_persistence.JournalFor(null)).OnWrite.SetInterceptorAsync(_writes).Wait(TimeSpan.FromSeconds(10));
    }

    [Fact]
    [Trait("Promise", "3")]
    public void A_reply_leaves_only_when_its_event_is_durable()
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
    [Trait("Promise", "5")]
    [Trait("Promise", "6")]
    public void A_refusal_waits_for_what_was_decided_before_it()
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
        AwaitWrite<TracedEvent<CouponEvent>>();
        AskTraced(2, new IssueCoupon(1));
        Ask(coupon, new IssueCoupon(2));
        _writes.LetGo();
        Assert.IsType<Issued>(Answer());
        Assert.IsType<Refused>(Answer());
        Assert.IsType<Issued>(Answer());

        var traced = Assert.Single(_writes.Begun.OfType<TracedEvent<CouponEvent>>());
        Assert.Equal(TraceId(1), ActivityContext.Parse(traced.TraceParent, null).TraceId.ToHexString());

        void AskTraced(int trace, CouponCommand command) =>
            coupon.Tell(new CouponRequest(CouponId, ++_number, [command], [$"00-{TraceId(trace)}-b7ad6b7169203331-01"]), _edge);

        static string TraceId(int trace) => $"{trace:x32}";
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "7")]
    public void A_write_that_fails_or_is_rejected_is_unknown_and_asking_again_tells(bool fails)
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
    public void A_write_that_hangs_is_unknown_and_if_it_lands_after_all_asking_again_tells_of_it()
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

        // Whoever created it might have been another, so it waits.
        Ask(Wake(), new IssueCoupon(1));
        AwaitCondition(() => HighestSequenceNumber() == 3, Eventually.Deadline, TimeSpan.FromMilliseconds(5));
        _time.Pass(WriterLease.WaitedOut);
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
        coupon.Tell(StopEntity.Instance);
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
        AwaitCondition(() => _writes.Begun.LastOrDefault() is WriterFence { IsHandedOver: false }, Eventually.Deadline, TimeSpan.FromMilliseconds(5));
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
        Assert.Same(StopEntity.Instance, _shard.ExpectMsg<Passivate>().StopMessage);
        Assert.Empty(_writes.Begun);
    }

    [Fact]
    [Trait("Promise", "3")]
    public void A_coupon_recovers_from_its_snapshot_and_the_events_since()
    {
        const int issued = 25_000;
        var coupon = Created(total: null);
        for (var user = 1L; user <= issued; user += 1_000)
        {
            Ask(coupon, [.. Enumerable.Range(0, 1_000).Select(next => new IssueCoupon(user + next))]);
            Assert.All(_edge.ExpectMsg<CouponAnswers>().Replies, reply => Assert.IsType<Issued>(reply));
        }

        var saved = new SnapshotProbe(this);
        AwaitCondition(() => saved.Exists(PersistenceIds.Of(CouponSettings.KeyOf(CouponId))), Eventually.Deadline, TimeSpan.FromMilliseconds(5));
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
    public void A_change_waits_until_no_edge_refuses_from_memory_any_more()
    {
        var coupon = Created(total: 0);
        _time.Pass(WriterLease.WaitedOut);
        Ask(coupon, new IssueCoupon(1));
        Assert.True(_edge.ExpectMsg<CouponAnswers>().Closed);
        var leased = Follow(coupon);
        Assert.Equal(Followers.Lease, leased.Duration);

        Ask(coupon, new ChangeCoupon(TotalQuantity: new NewTotal(1)));
        // Another's request is not kept waiting, and is refused as the edges refuse. What the same edge asks waits behind its change.
        var other = CreateTestProbe();
        coupon.Tell(new CouponRequest(CouponId, 1, [new IssueCoupon(2)]), other);
        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Assert.Single(other.ExpectMsg<CouponAnswers>().Replies)).Reason);
        Ask(coupon, new GetStatus());
        _time.Pass(WriterLease.WaitedOut);

        Assert.Equal(1, Assert.IsType<CouponStands>(Answer()).Coupon.Policy.TotalQuantity);
        Assert.Equal(1, Assert.IsType<StatusIs>(Answer()).Status.TotalQuantity);
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

    [Fact]
    [Trait("Promise", "18")]
    public void A_coupon_whose_lease_is_over_looks_at_the_journal_once_for_all_who_ask()
    {
        var coupon = Created(total: 0);
        _time.Pass(WriterLease.Length + WriterLease.Length);
        _ends.Hold();
        var before = _ends.Asked;

        Ask(coupon, new IssueCoupon(1));
        Ask(coupon, new GetStatus());
        Ask(coupon, new FindIssue(1));
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _ends.LetGo();

        Assert.Equal(RefusalReason.SoldOut, Assert.IsType<Refused>(Answer()).Reason);
        Assert.IsType<StatusIs>(Answer());
        Assert.Equal(RefusalReason.IssueNotExist, Assert.IsType<Refused>(Answer()).Reason);
        Assert.Equal(before + 1, _ends.Asked);
    }

    [Fact]
    [Trait("Promise", "18")]
    public void A_coupon_that_has_another_writer_answers_nobody_from_memory_and_stops()
    {
        var coupon = Created(total: 0);
        _shard.Watch(coupon);
        _time.Pass(WriterLease.Length + WriterLease.Length);
        _ends.Tamper = end => end with { Last = end.Last + 1 };

        Ask(coupon, new IssueCoupon(1), new GetStatus());

        Assert.Equal([CouponReply.Unavailable, CouponReply.Unavailable], _edge.ExpectMsg<CouponAnswers>().Replies);
        _shard.ExpectTerminated(coupon);
    }

    [Fact]
    [Trait("Promise", "18")]
    public void While_the_journal_can_not_be_looked_at_nobody_is_answered_from_memory()
    {
        var coupon = Created(total: 0);
        _shard.Watch(coupon);
        _time.Pass(WriterLease.Length + WriterLease.Length);
        _ends.Tamper = _ => throw new TimeoutException("The database is away.");

        Ask(coupon, new GetStatus());

        Assert.Equal(CouponReply.Unavailable, Answer());
        _shard.ExpectTerminated(coupon);
    }

    [Fact]
    [Trait("Promise", "18")]
    public void What_was_asked_during_a_write_is_not_proved_by_it_a_second_after_it_was_begun()
    {
        var coupon = Created(total: 1);
        _writes.Hold();
        Ask(coupon, new IssueCoupon(1));
        AwaitWrite<CouponsIssued>();
        // As if it froze, and went on before it hears that the write was done.
        _time.Pass(WriterLease.Length + WriterLease.Length);
        Ask(coupon, new GetStatus());
        _ends.Hold();
        _writes.LetGo();

        Assert.IsType<Issued>(Answer());
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _ends.LetGo();
        Assert.IsType<StatusIs>(Answer());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "18")]
    public void A_writer_that_takes_over_answers_only_when_the_one_before_can_not_any_more(bool issues)
    {
        Created();

        Ask(WakeElsewhere(), issues ? new IssueCoupon(1) : new GetStatus());
        AwaitCondition(() => HighestSequenceNumber() >= (issues ? 3 : 2), Eventually.Deadline, TimeSpan.FromMilliseconds(5));
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _time.Pass(WriterLease.WaitedOut);

        Assert.IsNotType<Refused>(Answer());
    }

    [Fact]
    public void A_coupon_that_was_handed_over_answers_at_once()
    {
        Stop(Created());
        Assert.Same(WriterFence.HandedOver, _writes.Begun.Last());

        Ask(WakeElsewhere(), new IssueCoupon(1));

        Assert.Equal(1, Assert.IsType<Issued>(Answer()).Issue.Ticket);
    }

    [Fact]
    public void Nobody_waits_for_a_writer_that_is_known_to_have_stopped_here_however_often_the_database_fails_meanwhile()
    {
        var coupon = Created();
        _shard.Watch(coupon);
        _writes.Fail();
        Ask(coupon, new IssueCoupon(1));
        Assert.Equal(CouponReply.OutcomeUnknown, Answer());
        _shard.ExpectTerminated(coupon);
        for (var tries = 0; tries < 2; tries++)
        {
            coupon = Wake();
            _shard.Watch(coupon);
            _shard.ExpectTerminated(coupon);
        }

        _writes.Mend();
        Ask(Wake(), new IssueCoupon(1));

        Assert.IsType<Issued>(Answer());
    }

    [Fact]
    [Trait("Promise", "18")]
    public void A_coupon_that_hands_over_answers_nothing_more()
    {
        var coupon = Created(total: 0);
        _shard.Watch(coupon);
        _writes.Hold();
        coupon.Tell(StopEntity.Instance);
        AwaitWrite<WriterFence>();

        Ask(coupon, new IssueCoupon(1));

        Assert.Equal(CouponReply.Unavailable, Answer());
        _writes.LetGo();
        _shard.ExpectTerminated(coupon);
    }

    [Fact]
    [Trait("Promise", "18")]
    public void An_edge_may_refuse_no_longer_than_the_coupon_itself_might()
    {
        var coupon = Created(total: 0);
        _time.Pass(WriterLease.WaitedOut);
        Ask(coupon, new IssueCoupon(1));
        Answer();
        _time.Pass(0.4 * WriterLease.Length);

        Assert.InRange(Follow(coupon).Duration, 0.59 * WriterLease.Length, 0.601 * WriterLease.Length);
        _time.Pass(0.2 * WriterLease.Length);

        // What is left is not worth passing on, so there is a new one.
        Assert.InRange(Follow(coupon).Duration, 0.99 * WriterLease.Length, WriterLease.Length);
    }

    [Fact]
    public void A_coupon_that_does_not_exist_is_looked_for_again_for_who_asks_after_it_was_read()
    {
        _ends.Hold();
        var coupon = Wake();
        Ask(coupon, new IssueCoupon(1));
        AwaitCondition(() => _ends.Asked == 1, Eventually.Deadline, TimeSpan.FromMilliseconds(5));
        Ask(coupon, new GetStatus());
        Ask(coupon, new FindIssue(1));
        coupon.Tell(new FollowCoupon(CouponId, 1, 0), _edge);
        _edge.ExpectMsg<FollowedCoupon>();
        _ends.LetGo();

        for (var asked = 0; asked < 3; asked++)
            Assert.Equal(RefusalReason.CouponNotExist, Assert.IsType<Refused>(Answer()).Reason);
        Assert.Equal(2, _ends.Asked);
    }

    [Theory]
    [InlineData(1, 5, 0, "the read model knows event 5")]
    [InlineData(1, 0, 5, "its snapshot knows event 5")]
    [InlineData(0, 0, 0, "the coupon knows event 2")]
    [Trait("Promise", "3")]
    public void A_coupon_whose_journal_has_lost_its_end_is_not_started_and_says_so_at_once(long last, long projected, long inSnapshot, string witness)
    {
        Stop(Created());
        _ends.Tamper = _ => new JournalEnd(last, projected, inSnapshot);
        var written = _writes.Begun.Count;

        // Who asks once it has stopped is told by its shard.
        _ends.Hold();
        var coupon = Wake();
        _shard.Watch(coupon);
        Ask(coupon, new IssueCoupon(1), new GetStatus());
        _ends.LetGo();

        Assert.Equal([CouponReply.Unavailable, CouponReply.Unavailable], _edge.ExpectMsg<CouponAnswers>().Replies);
        _shard.ExpectTerminated(coupon);
        Assert.Contains(witness, _settings.Unrecoverable.Entities[CouponSettings.KeyOf(CouponId)], StringComparison.Ordinal);
        Assert.Equal(written, _writes.Begun.Count);
        Assert.NotNull(_settings.Unrecoverable.RestOf(CouponSettings.KeyOf(CouponId)));
        _time.Pass(UnrecoverableEntities.Rest);
        Assert.Null(_settings.Unrecoverable.RestOf(CouponSettings.KeyOf(CouponId)));
        _ends.Tamper = end => end;
        Ask(Wake(), new IssueCoupon(1));
        Assert.IsType<Issued>(Answer());
        Assert.Empty(_settings.Unrecoverable.Entities);
    }

    [Fact]
    [Trait("Promise", "3")]
    public void A_coupon_that_is_awake_notices_that_the_journal_has_lost_its_end()
    {
        var coupon = Created();
        _shard.Watch(coupon);
        _time.Pass(WriterLease.Length + WriterLease.Length);
        _ends.Tamper = end => end with { Last = end.Last - 1 };

        Ask(coupon, new GetStatus());

        Assert.Equal(CouponReply.Unavailable, Answer());
        _shard.ExpectTerminated(coupon);
        Assert.Contains("the coupon knows event 1", _settings.Unrecoverable.Entities[CouponSettings.KeyOf(CouponId)], StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_whose_write_failed_is_unavailable_for_it_decides_nothing()
    {
        var coupon = Created();
        _writes.Hold();
        Ask(coupon, new IssueCoupon(1), new GetStatus(), new FindIssue(1));
        AwaitWrite<CouponsIssued>();
        _writes.Fail();
        _writes.LetGo();

        Assert.Equal([CouponReply.OutcomeUnknown, CouponReply.Unavailable, CouponReply.Unavailable], _edge.ExpectMsg<CouponAnswers>().Replies);
    }

    [Fact]
    public void Who_stands_for_a_coupon_that_can_not_be_recovered_answers_at_once_and_asks_to_be_let_go()
    {
        var stub = _shard.ChildActorOf(UnrecoverableEntityActor.Props(CouponKind.Instance, TimeSpan.FromMilliseconds(200)));

        Ask(stub, new IssueCoupon(1), new GetStatus());
        stub.Tell(new FollowCoupon(CouponId, 1, 0), _edge);

        Assert.Equal([CouponReply.Unavailable, CouponReply.Unavailable], _edge.ExpectMsg<CouponAnswers>().Replies);
        _edge.ExpectMsg<FollowedCoupon>();
        Assert.Same(StopEntity.Instance, _shard.ExpectMsg<Passivate>().StopMessage);
    }

    [Fact]
    public void A_change_that_waits_for_edges_when_the_coupon_moves_is_told_that_nothing_came_of_it()
    {
        var coupon = Created(total: 0);
        Ask(coupon, new ChangeCoupon(TotalQuantity: new NewTotal(1)));

        Stop(coupon);

        Assert.Equal(CouponReply.Unavailable, Answer());
    }

    private IActorRef Wake(TimeSpan? writeTimeout = null) =>
        _shard.ChildActorOf(CouponActor.Props(CouponId, _settings with { WriteTimeout = writeTimeout ?? _settings.WriteTimeout }));

    /// <summary>In another process, which knows nothing of those that were before.</summary>
    private IActorRef WakeElsewhere() => _shard.ChildActorOf(CouponActor.Props(CouponId, _settings with { Stopped = new StoppedWriters() }));

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
        var persistenceId = PersistenceIds.Of(CouponSettings.KeyOf(CouponId));
        _persistence.JournalFor(null).Tell(new ReplayMessages(1, long.MaxValue, long.MaxValue, persistenceId, probe), probe);
        return probe.FishForMessage<RecoverySuccess>(_ => true).HighestSequenceNr;
    }

    private void Stop(IActorRef coupon)
    {
        _shard.Watch(coupon);
        coupon.Tell(StopEntity.Instance);
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
