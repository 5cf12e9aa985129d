using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Tests.Counters;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Tests.Journal;
using CouponAkka.Sharded.Tests.Support;
using Xunit.Abstractions;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>The actor of an entity that is no coupon, with a journal that holds or fails a write when the test says so.</summary>
public sealed class EntityActorTests : TestKit
{
    private static readonly Config Patient = ConfigurationFactory.ParseString(
        """
        akka.test.single-expect-default = 30s
        akka.persistence.journal.test.circuit-breaker.call-timeout = 120s
        """).WithFallback(ConfigurationFactory.FromResource<TestJournal>("Akka.Persistence.TestKit.config.conf"));

    private static readonly EntityKey Key = new(CounterKind.Instance, 7);

    private readonly WriteInterceptor _writes = new();
    private readonly TestProbe _edge;
    private readonly EntityActorSettings _settings;
    private long _number;

    public EntityActorTests(ITestOutputHelper output)
        : base(Patient, output: output)
    {
        _edge = CreateTestProbe();
        _settings = CouponSettings.Of(Sys, new ManualTime(), TimeSpan.FromMinutes(1));
        var journal = TestJournal.FromRef(Akka.Persistence.Persistence.Instance.Apply(Sys).JournalFor(null));
        journal.OnWrite.SetInterceptorAsync(_writes).Wait(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void What_gathers_during_a_write_is_one_write_and_answers_wait_for_it()
    {
        var counter = Wake();
        _writes.Hold();
        Ask(counter, new Count(1));
        AwaitCondition(() => _writes.Begun.OfType<Counted>().Any(), Eventually.Deadline, TimeSpan.FromMilliseconds(5));
        Ask(counter, new Count(2), new GetCount());
        Ask(counter, new Count(3));
        _edge.ExpectNoMsg(TimeSpan.FromMilliseconds(50));
        _writes.LetGo();

        Assert.Equal([CounterReply.Is(1)], Answers());
        Assert.Equal([CounterReply.Is(3), CounterReply.Is(3)], Answers());
        Assert.Equal([CounterReply.Is(6)], Answers());
        Assert.Equal([1, 5], _writes.Begun.OfType<Counted>().Select(counted => counted.By));
    }

    [Fact]
    public void After_a_write_that_failed_it_says_what_its_kind_says()
    {
        var counter = Wake();
        Ask(counter, new Count(1));
        Assert.Equal([CounterReply.Is(1)], Answers());
        _writes.Fail();

        Ask(counter, new Count(1), new GetCount());

        Assert.Equal([CounterReply.OutcomeUnknown, CounterReply.Unavailable], Answers());
    }

    private IActorRef Wake() => Sys.ActorOf(EntityActor.Props(Key, _settings));

    private void Ask(IActorRef counter, params Command[] commands) => counter.Tell(new EntityRequest(Key, ++_number, commands, []), _edge);

    private IReadOnlyList<Reply> Answers() => _edge.ExpectMsg<EntityAnswers>().Replies;
}
