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

        run.Changed(this);
        dropped.ForEach(run.Done);
    }

    // Reads and delivers what comes next by the entity's own numbers.
    private async Task CatchUpOnceAsync()
    {
        IReadOnlyList<JournalEntry> entries;
        long delivered;
        lock (_gate)
            delivered = _delivered;
        entries = await run.Journal.ReadEntityAsync(key, delivered, run.End);
        foreach (var entry in entries)
        {
            if (await TryDeliverAsync(entry))
                continue;
            await Task.Delay(CatchUpAgainAfter, run.Clock, run.End);
            return;
        }

        lock (_gate)
        {
            // What was announced may not be seen yet.
            if (entries.Count == 0 && _delivered >= _known)
            {
                _catchesUp = false;
                _taken = _delivered;
            }
        }

        run.Changed(this);
        if (entries.Count == 0 && Progress.StalledBecause is not null)
            await Task.Delay(FirstRetry, run.Clock, run.End);
    }

    private async Task<bool> TryDeliverAsync(JournalEntry entry)
    {
        var (because, cause) = await WhyNotAsync(entry);
        lock (_gate)
        {
            _stalledBecause = because;
            if (because is null)
            {
                _delivered = entry.Number;
                _known = Math.Max(_known, entry.Number);
            }
        }

        if (because is null)
            run.GoesOn(key, entry.Number);
        else
            run.Stalled(key, entry.Number - 1, because, cause);
        return because is null;
    }

    private async Task<(string? Because, Exception? Cause)> WhyNotAsync(JournalEntry entry)
    {
        if (entry.Unreadable is { } unreadable)
            return (unreadable.Message, unreadable);
        if (entry.Happened is not { } happened)
            return default;
        List<(EntityKey Of, Command Command)> asks;
        try
        {
            asks = run.Table.AsksOf(key, entry.Number, happened);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return ($"Event {entry.Number} of {key} can't be reacted to: {fault.Message}", fault);
        }

        foreach (var (of, command) in asks)
        {
            if (!await AskAsync(of, command))
                return ($"{of} can't be reached, for {Patience.TotalSeconds:0} seconds or more.", null);
        }

        if (key.Kind.TimePassed is not null)
            run.Timers.Set(key, key.Kind.DueAfter(happened));
        return default;
    }

    private async Task<bool> AskAsync(EntityKey of, Command command)
    {
        var began = run.Clock.GetTimestamp();
        for (var retry = FirstRetry; ; retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry)
        {
            run.End.ThrowIfCancellationRequested();
            var reply = await run.Entities.AskAsync(of.Kind, of.Id, command);
            if (reply != of.Kind.OutcomeUnknown && reply != of.Kind.Unavailable)
                return true;
            if (run.Clock.GetElapsedTime(began) >= Patience)
                return false;
            await Task.Delay(retry, run.Clock, run.End);
        }
    }
}
