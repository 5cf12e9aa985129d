using System.Threading.Channels;
using CouponAkka.Domain;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Reacting;

/// <summary>
/// Asks each entity that is due <see cref="EntityKind.TimePassed"/>. What comes of it is an event that says anew when it is due; as long as none comes, it
/// is asked again. Any thread may use it.
/// </summary>
internal sealed class DueTimers(IEntities entities, TimeProvider clock)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<EntityKey, Timestamp> _due = [];
    // Some are out of date: those that _due does not name with the same time.
    private readonly PriorityQueue<(EntityKey Key, Timestamp At), long> _next = new();
    private readonly Dictionary<EntityKey, EntityDue> _unsaved = [];
    private readonly Channel<bool> _sooner = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _failed = new();

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
            if (at is null ? !_due.Remove(key) : _due.GetValueOrDefault(key) == at)
                return;
            _unsaved[key] = new EntityDue(key, at);
            if (at is not { } moment)
                return;
            _due[key] = moment;
            _next.Enqueue((key, moment), moment.UnixMicroseconds);
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

    /// <summary>Asks those who are due until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var wait = AskAllDue(stop);
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(_sooner.Reader.ReadAsync(woken.Token).AsTask(), Task.Delay(wait, clock, woken.Token), _failed.Task);
            await woken.CancelAsync();
            stop.ThrowIfCancellationRequested();
            if (_failed.Task.IsFaulted)
                await _failed.Task;
        }
    }

    private TimeSpan AskAllDue(CancellationToken stop)
    {
        var now = Timestamp.From(clock.GetUtcNow());
        while (true)
        {
            EntityKey key;
            lock (_gate)
            {
                if (!_next.TryPeek(out var next, out var askAt))
                    return TimeSpan.FromMinutes(1);
                if (askAt > now.UnixMicroseconds)
                    return TimeSpan.FromMicroseconds(Math.Min(askAt - now.UnixMicroseconds, TimeSpan.MicrosecondsPerMinute));
                _next.Dequeue();
                key = next.Key;
                if (!_due.TryGetValue(key, out var due) || due != next.At)
                    continue;
                // Until an event says otherwise.
                _next.Enqueue(next, now.UnixMicroseconds + (long)AskAgainAfter.TotalMicroseconds);
            }

            if (!stop.IsCancellationRequested)
                _ = AskAsync(key);
        }
    }

    // Whatever is answered, only an event counts.
    private async Task AskAsync(EntityKey key)
    {
        try
        {
            await entities.AskAsync(key.Kind, key.Id, key.Kind.TimePassed!);
        }
        catch (Exception failure)
        {
            _failed.TrySetException(failure);
        }
    }
}
