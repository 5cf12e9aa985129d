using System.Collections.Concurrent;
using CouponAkka.Engine;

namespace CouponAkka.Sharded.Journal;

/// <summary>
/// The last number that was known to be durable to each entity's writer that has stopped in this process, by whatever end. If no fence of
/// another's has come since, a writer that takes over here has nobody's lease to wait for. Any thread may use it.
/// </summary>
internal sealed class StoppedWriters
{
    // To forget one costs a wait, and nothing else.
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<EntityKey, long> _last = new();

    public void Stopped(EntityKey key, long last)
    {
        if (_last.Count >= Most)
            _last.Clear();
        _last[key] = last;
    }

    /// <summary>The number, which is told only once; null if none is known.</summary>
    public long? Take(EntityKey key) => _last.TryRemove(key, out var last) ? last : null;
}
