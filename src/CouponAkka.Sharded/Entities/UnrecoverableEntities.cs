using System.Collections.Concurrent;
using CouponAkka.Engine;
using CouponAkka.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Entities;

/// <summary>The entities that could not be recovered here from what stands in the database, and why. Any thread may use it.</summary>
internal sealed partial class UnrecoverableEntities(TimeProvider clock, ILogger<UnrecoverableEntities> log)
{
    /// <summary>For how long an entity is not tried again, however often it is asked.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    // Nobody has asked for it since, or its shard is another node's now.
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<EntityKey, (string Because, long Failed)> _entities = new();

    /// <summary>Those that failed when they were last tried, in the last hour.</summary>
    public IReadOnlyDictionary<EntityKey, string> Entities =>
        _entities.Where(entity => clock.GetElapsedTime(entity.Value.Failed) < Forgotten).ToDictionary(entity => entity.Key, entity => entity.Value.Because);

    public void Failed(EntityKey key, string because)
    {
        var isNews = !_entities.TryGetValue(key, out var before) || before.Because != because || clock.GetElapsedTime(before.Failed) >= Forgotten;
        _entities[key] = (because, clock.GetTimestamp());
        if (isNews)
            LogUnrecoverable(key, because);
    }

    public void Recovered(EntityKey key)
    {
        if (_entities.TryRemove(key, out _))
            LogRecovered(key);
    }

    /// <summary>How long until it is tried again; null if it may be now.</summary>
    public TimeSpan? RestOf(EntityKey key) =>
        _entities.TryGetValue(key, out var entity) && Rest - clock.GetElapsedTime(entity.Failed) is { Ticks: > 0 } left ? left : null;

    /// <summary>Counts them for telemetry: once a process.</summary>
    public void Observe() => CouponMeter.ObserveUnrecoverable(() => Entities.Count);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "{Entity} does not start, and answers UNAVAILABLE; others go on. {Because} It is tried again when it is asked. "
            + "What to do: docs/operations.md, \"A coupon that does not start\".")]
    private partial void LogUnrecoverable(EntityKey entity, string because);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Entity}, which did not start, has recovered.")]
    private partial void LogRecovered(EntityKey entity);
}
