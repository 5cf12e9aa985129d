using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Ports;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Entities;

/// <summary>Every entity of this process, of whatever kind. All kinds share one journal, and so one fsync.</summary>
internal sealed class LiveEntities(
    EntityKinds kinds, EventJournal journal, SnapshotStore snapshots, JournalWriter writer, TimeProvider clock, ILogger<EntityEngine> log)
    : IEntities, IAsyncDisposable
{
    // By the kind's number.
    private readonly EntityEngine?[] _engines = Make(kinds, kind => new EntityEngine(kind, journal, snapshots, writer, clock, log));

    public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => Of(kind).AskAsync(id, command);

    /// <summary>How many of a kind are in memory.</summary>
    public int CountOf(EntityKind kind) => Of(kind).Count;

    /// <summary>Lets go of every entity that nobody has asked for <paramref name="idle"/>.</summary>
    public void RetireIdle(TimeSpan idle)
    {
        foreach (var engine in _engines)
            engine?.RetireIdle(idle);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
        {
            if (engine is not null)
                await engine.DisposeAsync();
        }
    }

    private EntityEngine Of(EntityKind kind) => _engines[kind.Number]!;

    private static EntityEngine?[] Make(EntityKinds kinds, Func<EntityKind, EntityEngine> make)
    {
        var engines = new EntityEngine?[kinds.Max(kind => kind.Number) + 1];
        foreach (var kind in kinds)
            engines[kind.Number] = make(kind);
        return engines;
    }
}
