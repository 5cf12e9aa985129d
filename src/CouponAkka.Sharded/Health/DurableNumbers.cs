using System.Collections.Concurrent;
using CouponAkka.Engine;

namespace CouponAkka.Sharded.Health;

/// <summary>
/// The number of the last event of each entity that this process has seen durable, of the last ten minutes at least. A journal that holds
/// less has lost what was acknowledged. Any thread may use it.
/// </summary>
internal sealed class DurableNumbers(TimeProvider time)
{
    // A replica that is promoted lacks seconds of the journal's end, not hours; and who is not asked any more needs no memory.
    private static readonly TimeSpan Generation = TimeSpan.FromMinutes(10);

    private readonly Lock _turning = new();
    private volatile ConcurrentDictionary<EntityKey, long> _young = new();
    private volatile ConcurrentDictionary<EntityKey, long> _old = new();
    private long _began = time.GetTimestamp();

    /// <summary>The event is in the journal, and so are all before it.</summary>
    public void Reached(EntityKey key, long sequenceNumber)
    {
        Turn();
        _young.AddOrUpdate(key, static (_, now) => now, static (_, before, now) => Math.Max(before, now), sequenceNumber);
    }

    /// <summary>The last event of the entity that was seen durable; 0 if there is no memory of any.</summary>
    public long Of(EntityKey key) => Math.Max(_young.GetValueOrDefault(key), _old.GetValueOrDefault(key));

    /// <summary>All of them.</summary>
    public Dictionary<EntityKey, long> All()
    {
        var all = new Dictionary<EntityKey, long>(_old);
        foreach (var (key, number) in _young)
            all[key] = Math.Max(number, all.GetValueOrDefault(key));
        return all;
    }

    private void Turn()
    {
        if (time.GetElapsedTime(Interlocked.Read(ref _began)) < Generation)
            return;
        lock (_turning)
        {
            if (time.GetElapsedTime(_began) < Generation)
                return;
            Interlocked.Exchange(ref _began, time.GetTimestamp());
            _old = _young;
            _young = new();
        }
    }
}
