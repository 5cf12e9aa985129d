using CouponAkka.Domain;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// Delivers what the events of one entity ask: to each of those asked, in the order of the events. Different ones are asked at the same time, for the events of
/// a product that everybody orders ask thousands. An event that skips a number makes the missing ones be read first; what can't be delivered is tried again,
/// ever more rarely, and after <see cref="Patience"/> this source is named as stalled, so that reading need not wait for it. Any thread.
/// </summary>
internal sealed class ReactionLane(EntityKey key, ReactionRun run)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // How many events are delivered together at most, and how many asks make it enough of them.
    private const int MostEvents = 128;
    private const int EnoughAsks = 512;

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

    /// <summary>Whether nothing of it is waiting or being delivered.</summary>
    /// <param name="delivered">Up to which number its events are delivered.</param>
    public bool IsIdle(out long delivered)
    {
        lock (_gate)
        {
            delivered = _delivered;
            return !_isWorking && !_catchesUp && _waiting.Count == 0 && _stalledBecause is null;
        }
    }

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
                var next = new List<(JournalEntry Entry, ReactionRun.ReadTogether Batch)>();
                lock (_gate)
                {
                    while (next.Count < MostEvents && _waiting.TryDequeue(out var waiting))
                        next.Add(waiting);
                    if (next.Count == 0 && !_catchesUp)
                    {
                        _isWorking = false;
                        return;
                    }
                }

                if (next.Count == 0)
                    await CatchUpOnceAsync();
                else
                    await DeliverOrStallAsync(next);
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

    private async Task DeliverOrStallAsync(List<(JournalEntry Entry, ReactionRun.ReadTogether Batch)> taken)
    {
        var delivered = await DeliverAsync(taken.ConvertAll(next => next.Entry));
        List<ReactionRun.ReadTogether> batches = [.. taken.Select(next => next.Batch)];
        if (delivered < taken.Count)
        {
            lock (_gate)
            {
                _catchesUp = true;
                while (_waiting.TryDequeue(out var later))
                    batches.Add(later.Batch);
            }
        }

        // Before they count as done: the position may pass them only with the word that this source is behind.
        run.Changed(this);
        batches.ForEach(run.Done);
    }

    // Reads and delivers what comes next by the entity's own numbers.
    private async Task CatchUpOnceAsync()
    {
        long delivered;
        lock (_gate)
            delivered = _delivered;
        var entries = await run.ReadEntityAsync(key, delivered);
        var pause = entries.Count == 0 ? EndCatchUpUnlessMissing(delivered) : TimeSpan.Zero;
        if (await DeliverAsync(entries) < entries.Count)
            pause = CatchUpAgainAfter;

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

    // How many of them are delivered: those before the first that can't be.
    private async Task<int> DeliverAsync(IReadOnlyList<JournalEntry> entries)
    {
        for (var first = 0; first < entries.Count;)
        {
            var (next, failure) = await TryAsync(entries, first);
            var number = next > first ? entries[next - 1].Number : entries[first].Number - 1;
            lock (_gate)
            {
                _stalledBecause = failure?.Because;
                _missingSince = null;
                _delivered = number;
                _known = Math.Max(_known, number);
            }

            Tell(number, failure?.Because, failure?.Cause);
            if (failure is not null)
                return next;
            first = next;
        }

        return entries.Count;
    }

    // Where to go on: after some that were delivered together, or at the first that can't be.
    private async Task<(int Next, Failure? Failure)> TryAsync(IReadOnlyList<JournalEntry> entries, int first)
    {
        var asks = new List<Pending>();
        Failure? failure = null;
        var next = first;
        for (; next < entries.Count && asks.Count < EnoughAsks; next++)
        {
            failure = Gather(entries[next], next, asks);
            if (failure is not null)
                break;
        }

        foreach (var other in await Task.WhenAll(asks.GroupBy(ask => ask.Of).Select(AskInOrderAsync)))
        {
            if (other is not null && !(failure?.At <= other.At))
                failure = other;
        }

        return failure is null ? (next, null) : (failure.At, failure);
    }

    private void Tell(long delivered, string? because, Exception? cause)
    {
        if (because is null)
            run.GoesOn(key, delivered);
        else
            run.Stalled(key, delivered, because, cause);
    }

    private Failure? Gather(JournalEntry entry, int at, List<Pending> asks)
    {
        if (entry.Unreadable is { } unreadable)
            return new(at, unreadable.Message, unreadable);
        if (entry.Happened is not { } happened)
            return null;
        try
        {
            // Of the others nobody need be reached for this.
            if (key.Kind.TimePassed is not null)
                run.Timers.Set(key, key.Kind.DueAfter(happened));
            run.Table.Tell(key, happened);
            asks.AddRange(run.Table.AsksOf(key, entry.Number, happened).Select(ask => new Pending(at, entry.Number, ask.Of, ask.Command)));
            return null;
        }
        // Another source's events may be better.
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return CanNotReact(at, entry.Number, fault);
        }
    }

    // Stops at the first that is not heard, for it is asked again before those after it.
    private async Task<Failure?> AskInOrderAsync(IEnumerable<Pending> asks)
    {
        foreach (var ask in asks)
        {
            try
            {
                if (!await AskAsync(ask.Of, ask.Command))
                    return new(ask.At, $"{ask.Of} can't be reached, for {Patience.TotalSeconds:0} seconds or more.", null);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException && !run.End.IsCancellationRequested)
            {
                return CanNotReact(ask.At, ask.Number, fault);
            }
        }

        return null;
    }

    private Failure CanNotReact(int at, long number, Exception fault) => new(at, $"Event {number} of {key} can't be reacted to: {fault.Message}", fault);

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

    /// <param name="At">Which of the events that are delivered together asks.</param>
    private readonly record struct Pending(int At, long Number, EntityKey Of, Command Command);

    private sealed record Failure(int At, string Because, Exception? Cause);
}
