using Akka.Actor;
using Akka.Persistence;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Health;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Tests.Support;

namespace CouponAkka.Sharded.Tests.Entities;

/// <summary>What coupons' actors are given: of one process each, as long as it is the same.</summary>
internal static class CouponSettings
{
    public static EntityKey KeyOf(long couponId) => new(CouponKind.Instance, couponId);

    public static EntityActorSettings Of(CouponDatabase database, TimeSpan writeTimeout) =>
        Of(TimeProvider.System, writeTimeout, new JournalEnds(database, writeTimeout));

    /// <summary>With the test's own journal.</summary>
    public static EntityActorSettings Of(ActorSystem system, TimeProvider clock, TimeSpan writeTimeout) =>
        Of(clock, writeTimeout, new TestJournalEnds(system));

    public static EntityActorSettings Of(TimeProvider clock, TimeSpan writeTimeout, IJournalEnds ends) =>
        new(
            clock, writeTimeout, ends, new UnrecoverableEntities(clock, new LogLines<UnrecoverableEntities>()), new StoppedWriters(),
            new DurableNumbers(clock));
}

/// <summary>Where the test's own journal ends, or what the test says instead, when the test says so.</summary>
internal sealed class TestJournalEnds(ActorSystem system) : IJournalEnds
{
    private volatile TaskCompletionSource? _held;
    private int _asked;

    public Func<JournalEnd, JournalEnd> Tamper { get; set; } = end => end;

    public int Asked => Volatile.Read(ref _asked);

    public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    public async Task<JournalEnd> ReadAsync(EntityKey key)
    {
        Interlocked.Increment(ref _asked);
        if (_held is { } held)
            await held.Task;
        var read = await Akka.Persistence.Persistence.Instance.Apply(system).JournalFor(null).Ask<RecoverySuccess>(
            asker => new ReplayMessages(1, 0, 0, PersistenceIds.Of(key), asker), Eventually.Deadline, CancellationToken.None);
        return Tamper(new JournalEnd(read.HighestSequenceNr, 0, 0));
    }
}
