using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;
using CouponAkka.Engine;
using CouponAkka.Engine.Projecting;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Journal;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Projection;

/// <summary>
/// Journal to read model. While a transaction runs, what is read meanwhile gathers and is the next one. Whatever fails, the stream begins
/// anew from what the database says.
/// </summary>
internal sealed partial class ProjectionStream(CouponDatabase database, EntityKinds kinds, MySqlProjectionStatus status, TimeProvider time, ILogger log)
{
    /// <summary>About how many rows of the read model gather at most, more than come in the longest pause; what is beyond waits in the journal.</summary>
    private const long MaxWeight = 40_000;

    private static readonly ProjectionPace Pace = new(Shortest: TimeSpan.Zero, Longest: TimeSpan.FromSeconds(1));

    // But it does not fall behind for ever, and what is old already is nobody's who issues now.
    private static readonly TimeSpan BehindWithoutRest = TimeSpan.FromSeconds(10);

    private static readonly RestartSettings Backoff = RestartSettings.Create(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), 0.2);

    /// <summary>Never ends by itself. A transaction that has begun is finished, also when <paramref name="stop"/> is set meanwhile.</summary>
    public Source<NotUsed, NotUsed> Create(CancellationToken stop) =>
        RestartSource.OnFailuresWithBackoff(() => Source.FromTask(BeginAsync()).ConcatMany(run => Follow(run, stop)).SelectError(Failed), Backoff);

    private async Task<Run> BeginAsync()
    {
        var (epoch, position) = await ReadModelWriter.BeginAsync(database);
        status.Began(position);
        LogBegan(epoch, position);
        return new Run(new JournalReader(database, kinds, position, time), new ReadModelWriter(database, epoch, status, log));
    }

    private Source<NotUsed, NotUsed> Follow(Run run, CancellationToken stop) => Source
        .UnfoldAsync(run.Reader, reader => ReadAsync(reader, stop))
        .BatchWeighted(MaxWeight, batch => batch.Weight, batch => batch, (gathered, next) => gathered.Then(next))
        .SelectAsync(1, async batch =>
        {
            var started = time.GetTimestamp();
            var behind = status.Lag;
            await run.Writer.WriteAsync(batch);
            if (behind < BehindWithoutRest && batch.Rows.Count > 0)
                await Task.Delay(Pace.PauseAfter(time.GetElapsedTime(started)), time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return NotUsed.Instance;
        });

    private async Task<Option<(JournalReader, JournalBatch)>> ReadAsync(JournalReader reader, CancellationToken stop)
    {
        try
        {
            var batch = await reader.NextAsync(stop);
            status.Read(batch);
            return (reader, batch);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Option<(JournalReader, JournalBatch)>.None;
        }
    }

    private Exception Failed(Exception thrown)
    {
        // A stage that awaits wraps what it awaited.
        var failure = thrown.GetBaseException();
        status.Failed(failure);
        if (failure is NotTheWriterException && status.TurnLost())
            LogContested();
        LogFailed(failure);
        return failure;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The projection begins epoch {Epoch} after event {Position} of the journal.")]
    private partial void LogBegan(long epoch, long position);

    [LoggerMessage(Level = LogLevel.Error, Message = "The read model can't follow the journal; trying again.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Another projection takes the turn again and again: two clusters use this database. The one that is not the current one (table cluster_now) ends by itself; stop it if it does not.")]
    private partial void LogContested();

    private sealed record Run(JournalReader Reader, ReadModelWriter Writer);
}
