using System.Threading.Channels;
using CouponAkka.Domain;
using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// Asks each entity that is due <see cref="EntityKind.TimePassed"/>. What comes of it is an event that says anew when it is due; as long as none comes, it
/// is asked again, ever more rarely. Any thread may use it.
/// </summary>
internal sealed partial class DueTimers(IEntities entities, TimeProvider clock, ILogger log) : IDisposable
{
    // After a night without the journal thousands may be due, and people are to be answered meanwhile.
    private const int MostAtOnce = 64;

    private static readonly TimeSpan FirstAskedAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastAskedAgain = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<EntityKey, Due> _due = [];
    // Some are out of date: those that _due does not hold any more.
    private readonly PriorityQueue<Due, long> _next = new();
    private readonly Dictionary<EntityKey, EntityDue> _unsaved = [];
    private readonly Channel<bool> _sooner = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _room = new(MostAtOnce, MostAtOnce);

    public void Load(IEnumerable<EntityDue> saved)
    {
        foreach (var (key, at) in saved)
            Set(key, at);
        lock (_gate)
            _unsaved.Clear();
    }

    public void Set(EntityKey key, Timestamp? at)
    {
        lock (_gate)
        {
            if (_due.TryGetValue(key, out var before) ? before.At == at : at is null)
                return;
            _unsaved[key] = new EntityDue(key, at);
            _due.Remove(key);
            if (at is not { } moment)
                return;
            var due = _due[key] = new Due(key, moment);
            _next.Enqueue(due, moment.UnixMicroseconds);
        }

        _sooner.Writer.TryWrite(true);
    }

    /// <summary>What has changed since this was last called.</summary>
    public List<EntityDue> TakeUnsaved()
    {
        lock (_gate)
        {
            var unsaved = _unsaved.Values.ToList();
            _unsaved.Clear();
            return unsaved;
        }
    }

    /// <summary>What was taken could not be saved; what has changed since then is newer.</summary>
    public void PutBack(List<EntityDue> unsaved)
    {
        lock (_gate)
        {
            foreach (var due in unsaved)
                _unsaved.TryAdd(due.Key, due);
        }
    }

    /// <summary>Asks those who are due until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                if (TryTakeDue(out var due, out var wait))
                {
                    await _room.WaitAsync(stop);
                    _ = AskAsync(due, stop);
                    continue;
                }

                using var woken = CancellationTokenSource.CreateLinkedTokenSource(stop);
                await Task.WhenAny(_sooner.Reader.ReadAsync(woken.Token).AsTask(), Task.Delay(wait, clock, woken.Token));
                await woken.CancelAsync();
                stop.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // Who is being asked gives up at once.
            for (var asks = 0; asks < MostAtOnce; asks++)
                await _room.WaitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => _room.Dispose();

    private bool TryTakeDue(out Due due, out TimeSpan wait)
    {
        var now = NowPlus(TimeSpan.Zero);
        lock (_gate)
        {
            while (_next.TryPeek(out due!, out var askAt))
            {
                if (!IsCurrent(due))
                {
                    _next.Dequeue();
                    continue;
                }

                // A millisecond is the least that a clock waits.
                wait = TimeSpan.FromMicroseconds(Math.Clamp(askAt - now, 0, TimeSpan.MicrosecondsPerMinute)) + TimeSpan.FromMilliseconds(1);
                if (askAt > now)
                    return false;
                _next.Dequeue();
                return true;
            }
        }

        wait = LongestWait;
        return false;
    }

    // Whatever is answered, only an event counts.
    private async Task AskAsync(Due due, CancellationToken stop)
    {
        try
        {
            await entities.AskAsync(due.Key.Kind, due.Key.Id, due.Key.Kind.TimePassed!).AsTask().WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            LogNotAsked(fault, due.Key);
        }
        finally
        {
            _room.Release();
        }

        lock (_gate)
        {
            // Until an event says otherwise.
            if (IsCurrent(due))
                _next.Enqueue(due, NowPlus(due.TakeAskedAgain()));
        }

        _sooner.Writer.TryWrite(true);
    }

    private bool IsCurrent(Due due) => ReferenceEquals(_due.GetValueOrDefault(due.Key), due);

    private long NowPlus(TimeSpan wait) => Timestamp.From(clock.GetUtcNow()).Plus(wait).UnixMicroseconds;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Entity} can't be told that its time has passed; it is tried again, within half a minute.")]
    private partial void LogNotAsked(Exception fault, EntityKey entity);

    private sealed class Due(EntityKey key, Timestamp at)
    {
        private TimeSpan _askedAgain = FirstAskedAgain;

        public EntityKey Key => key;

        public Timestamp At => at;

        /// <summary>How long from now.</summary>
        public TimeSpan TakeAskedAgain()
        {
            var wait = _askedAgain;
            _askedAgain = wait * 2 < LastAskedAgain ? wait * 2 : LastAskedAgain;
            return wait;
        }
    }
}
