using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Standalone.Reacting;

/// <summary>Delivers what events ask of other entities, from when it is made until it is disposed of.</summary>
internal sealed class ReactionLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public ReactionLoop(
        StandaloneReactionJournal journal,
        SqliteReactionStore store,
        IEntities entities,
        ReactionTable table,
        TimeProvider clock,
        ILogger<ReactionRunner> log)
    {
        var runner = new ReactionRunner(journal, store, entities, table, Status, clock, log);
        _running = Task.Run(() => runner.RunAsync(_stop.Token));
    }

    public ReactionStatus Status { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }
}
