using System.Collections.Concurrent;
using System.Diagnostics;
using StackExchange.Redis;

namespace CouponAkka.Strategies;

/// <summary>
/// A lock that processes share, as Redisson's <c>RLock</c> does it: a key with an owner and an end, and a channel on which its release is
/// published, so that nobody spins. Each release wakes one of those who wait in a process. Not reentrant, not fair.
/// </summary>
internal sealed class DistributedLock(IConnectionMultiplexer redis)
{
    private const string Acquire = "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return -1 end return redis.call('PTTL', KEYS[1])";
    private const string Release =
        "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end redis.call('DEL', KEYS[1]) redis.call('PUBLISH', KEYS[2], '') return 1";

    private readonly IDatabase _database = redis.GetDatabase();
    private readonly ConcurrentDictionary<string, Lazy<Task<SemaphoreSlim>>> _releases = new();

    /// <param name="name">The lock's key.</param>
    /// <param name="wait">How long to wait for it at most.</param>
    /// <param name="lease">When it is free again, whatever became of its holder.</param>
    /// <returns>What gives the lock back when disposed; null if it was not to be had in time.</returns>
    public async Task<Held?> TryAcquireAsync(string name, TimeSpan wait, TimeSpan lease)
    {
        var owner = Guid.NewGuid().ToString("N");
        var waited = Stopwatch.StartNew();
        // The common case, without listening for a release.
        var remaining = await TryOnceAsync();
        while (remaining >= TimeSpan.Zero)
        {
            var patience = wait - waited.Elapsed;
            if (patience <= TimeSpan.Zero)
                return null;
            var released = await ListenAsync(name);
            // Tried again once it listens: the release may have been just before.
            remaining = await TryOnceAsync();
            if (remaining < TimeSpan.Zero)
                break;
            await released.WaitAsync(remaining < patience ? remaining : patience);
            remaining = await TryOnceAsync();
        }

        return new Held(this, name, owner);

        // Negative if it is ours, else how long the present holder may keep it.
        async Task<TimeSpan> TryOnceAsync() =>
            TimeSpan.FromMilliseconds((long)await _database.ScriptEvaluateAsync(Acquire, [name], [owner, (long)lease.TotalMilliseconds]));
    }

    private Task<SemaphoreSlim> ListenAsync(string name) => _releases.GetOrAdd(name, new Lazy<Task<SemaphoreSlim>>(async () =>
    {
        var released = new SemaphoreSlim(0);
        await redis.GetSubscriber().SubscribeAsync(Channel(name), (_, _) =>
        {
            // One is enough, also if several came while nobody waited: else those who wait later would spin.
            lock (released)
            {
                if (released.CurrentCount == 0)
                    released.Release();
            }
        });
        return released;
    })).Value;

    private static RedisChannel Channel(string name) => RedisChannel.Literal($"{name}:released");

    /// <summary>The lock while one has it.</summary>
    internal sealed class Held(DistributedLock locks, string name, string owner) : IAsyncDisposable
    {
        /// <summary>Gives it back, unless the lease is over and someone else has it.</summary>
        public async ValueTask DisposeAsync() =>
            await locks._database.ScriptEvaluateAsync(Release, [name, (RedisKey)(string)Channel(name)!], [owner]);
    }
}
