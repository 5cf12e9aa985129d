using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// Delivers what events ask of other entities: at least once, and of one source in the order of its events; sources do not wait for one another. The
/// receiver remembers what it has taken, so each takes effect exactly once. One run at a time, from <see cref="IReactionStore.LoadAsync"/> on.
/// </summary>
public sealed partial class ReactionRunner(
    IReactionJournal journal,
    IReactionStore store,
    IEntities entities,
    ReactionTable table,
    ReactionStatus status,
    TimeProvider clock,
    ILogger<ReactionRunner> log)
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    /// <summary>Delivers until <paramref name="stop"/>. After a failure of the journal or of the store it begins anew.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var retry = FirstRetry;
        string? said = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(Settled, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                var trouble = $"Reactions are not delivered: {failure.Message}";
                // Said once for each trouble, which may last for hours.
                if (said != trouble)
                    LogFailed(failure);
                said = status.Failure = trouble;
                await Task.Delay(retry, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }
        }

        void Settled()
        {
            retry = FirstRetry;
            said = status.Failure = null;
        }
    }

    private async Task RunOnceAsync(Action settled, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var saved = await store.LoadAsync(stop);
        status.Begin();
        using var run = new ReactionRun(journal, store, entities, table, status, clock, log, saved, settled, end.Token);
        Task[] parts = [Task.Run(run.ReadAsync, CancellationToken.None), run.SaveRegularlyAsync(), run.Timers.RunAsync(end.Token), run.Failed];
        var first = await Task.WhenAny(parts);
        await end.CancelAsync();
        await Task.WhenAll(parts[..^1]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await run.LanesAsync();
        // What has been delivered need not be again.
        if (stop.IsCancellationRequested)
            await run.SaveAsync(CancellationToken.None);
        await first;
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Reactions are not delivered, so vendors, products and orders wait for one another. It is tried again every few seconds; nothing is lost.")]
    private partial void LogFailed(Exception failure);
}
