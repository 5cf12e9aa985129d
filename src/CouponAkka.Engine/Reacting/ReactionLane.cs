using CouponAkka.Domain;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// Delivers what the events of one entity ask, in their order. An event that skips a number makes the missing ones be read first; what can't be delivered
/// is tried again, ever more rarely, and after <see cref="Patience"/> this source is named as stalled, so that reading need not wait for it. Any thread.
/// </summary>
internal sealed class ReactionLane(EntityKey key, ReactionRun run)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CatchUpAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<(JournalEntry Entry, ReactionRun.ReadTogether Batch)> _waiting = [];
    // Up to which number events are delivered, and up to which they are delivered or waiting.
    private long _delivered;
    private long _taken;
    // The highest number known of. Below it is to be read by the entity's own numbers while it catches up.
    private long _known;
    private bool _catchesUp;
    private bool _isWorking;
    private string? _stalledBecause;
    // Since when an event is looked for that was announced.
    private long? _missingSince;

    /// <summary>Ends when nothing is being delivered.</summary>
    public Task Working { get; private set; } = Task.CompletedTask;

    public SourceProgress Progress
    {
        get
        {
            lock (_gate)
                return new(key, _delivered, _stalledBecause ?? (_catchesUp ? "It catches up." : null));
        }
    }

    /// <summary>Everything up to this number was delivered before.</summary>
    public void Start(long delivered) => _delivered = _taken = _known = delivered;

    /// <summary>Reads what there may be by the entity's own numbers.</summary>
    public void CatchUp()
    {
        lock (_gate)
            BeginCatchUp();
    }

    public void Take(JournalEntry entry, ReactionRun.ReadTogether batch)
    {
        lock (_gate)
        {
            _known = Math.Max(_known, entry.Number);
            if (!_catchesUp && entry.Number == _taken + 1 && entry.Unreadable is null)
            {
                _taken = entry.Number;
                if (_waiting.Count > 0 || _isWorking || entry.Happened is not null)
                {
                    _waiting.Enqueue((entry, batch));
                    Work();
                    return;
                }

                _delivered = entry.Number;
            }
            else if (!_catchesUp && entry.Number > _taken)
            {
                BeginCatchUp();
            }
        }

        run.Changed(this);
        run.Done(batch);
    }

    // Under the gate.
    private void BeginCatchUp()
    {
        _catchesUp = true;
        run.Changed(this);
        Work();
    }

    // Under the gate.
    private void Work()
    {
        if (_isWorking)
            return;
        _isWorking = true;
        Working = Task.Run(WorkAsync, CancellationToken.None);
    }

    private async Task WorkAsync()
    {
        try
        {
            while (!run.End.IsCancellationRequested)
            {
                (JournalEntry Entry, ReactionRun.ReadTogether Batch) next;
                lock (_gate)
                {
                    if (!_waiting.TryDequeue(out next) && !_catchesUp)
                    {
                        _isWorking = false;
                        return;
                    }
                }

                if (next.Batch is null)
                    await CatchUpOnceAsync();
                else
                    await DeliverOrStallAsync(next.Entry, next.Batch);
            }
        }
        catch (OperationCanceledException) when (run.End.IsCancellationRequested)
        {
            // What is left is delivered by the next run.
        }
        catch (Exception failure)
        {
            run.Fail(failure);
        }
    }

    private async Task DeliverOrStallAsync(JournalEntry entry, ReactionRun.ReadTogether batch)
    {
        if (await TryDeliverAsync(entry))
        {
            run.Changed(this);
            run.Done(batch);
            return;
        }

        List<ReactionRun.ReadTogether> dropped = [batch];
        lock (_gate)
        {
            _catchesUp = true;
            while (_waiting.TryDequeue(out var later))
                dropped.Add(later.Batch);
        }

        // Before they count as done: the position may pass them only with the word that this source is behind.
        run.Changed(this);
        dropped.ForEach(run.Done);
    }

    // Reads and delivers what comes next by the entity's own numbers.
    private async Task CatchUpOnceAsync()
    {
        long delivered;
        lock (_gate)
            delivered = _delivered;
        var entries = await run.ReadEntityAsync(key, delivered);
        var pause = entries.Count == 0 ? EndCatchUpUnlessMissing(delivered) : TimeSpan.Zero;
        foreach (var entry in entries)
        {
            if (await TryDeliverAsync(entry))
                continue;
            pause = CatchUpAgainAfter;
            break;
        }

        run.Changed(this);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, run.Clock, run.End);
    }

    // There is nothing more to read. How long to wait until the next look, if what was announced is not seen yet.
    private TimeSpan EndCatchUpUnlessMissing(long delivered)
    {
        lock (_gate)
        {
            if (delivered >= _known)
            {
                _catchesUp = false;
                _taken = delivered;
                _stalledBecause = null;
                _missingSince = null;
            }
            else if (run.Clock.GetElapsedTime(_missingSince ??= run.Clock.GetTimestamp()) < Patience)
            {
                return LookAgainAfter;
            }
            else
            {
                _stalledBecause = $"The journal has told of event {_known} of {key}, but does not hold event {delivered + 1}.";
            }
        }

        Tell(delivered, _stalledBecause, cause: null);
        return _stalledBecause is null ? TimeSpan.Zero : CatchUpAgainAfter;
    }

    private async Task<bool> TryDeliverAsync(JournalEntry entry)
    {
        var (because, cause) = await WhyNotAsync(entry);
        lock (_gate)
        {
            _stalledBecause = because;
            _missingSince = null;
            if (because is null)
            {
                _delivered = entry.Number;
                _known = Math.Max(_known, entry.Number);
            }
        }

        Tell(entry.Number - (because is null ? 0 : 1), because, cause);
        return because is null;
    }

    private void Tell(long delivered, string? because, Exception? cause)
    {
        if (because is null)
            run.GoesOn(key, delivered);
        else
            run.Stalled(key, delivered, because, cause);
    }

    private async Task<(string? Because, Exception? Cause)> WhyNotAsync(JournalEntry entry)
    {
        if (entry.Unreadable is { } unreadable)
            return (unreadable.Message, unreadable);
        if (entry.Happened is not { } happened)
            return default;
        try
        {
            // Of the others nobody need be reached for this.
            if (key.Kind.TimePassed is not null)
                run.Timers.Set(key, key.Kind.DueAfter(happened));
            foreach (var (of, command) in run.Table.AsksOf(key, entry.Number, happened))
            {
                if (!await AskAsync(of, command))
                    return ($"{of} can't be reached, for {Patience.TotalSeconds:0} seconds or more.", null);
            }
        }
        // Another source's events may be better.
        catch (Exception fault) when (fault is not OutOfMemoryException && !run.End.IsCancellationRequested)
        {
            return ($"Event {entry.Number} of {key} can't be reacted to: {fault.Message}", fault);
        }

        return default;
    }

    private async Task<bool> AskAsync(EntityKey of, Command command)
    {
        var began = run.Clock.GetTimestamp();
        for (var retry = FirstRetry; ; retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry)
        {
            // What is asked while it ends is asked again by the next run.
            var reply = await run.Entities.AskAsync(of.Kind, of.Id, command).AsTask().WaitAsync(run.End);
            if (reply != of.Kind.OutcomeUnknown && reply != of.Kind.Unavailable)
                return true;
            // Nobody waits for a source that is stalled already, so it is asked once and then rests.
            if (_stalledBecause is not null || run.Clock.GetElapsedTime(began) >= Patience)
                return false;
            await Task.Delay(retry, run.Clock, run.End);
        }
    }
}
