using System.Collections.Concurrent;

namespace CouponAkka.Engine.Reacting;

/// <summary>How reactions fare in this process. The runner writes it, any thread may read.</summary>
public sealed class ReactionStatus
{
    private const int Named = 10;

    private readonly ConcurrentDictionary<EntityKey, string> _stalled = [];
    private volatile string? _failure;
    private long _waiting;

    /// <summary>Entities of whose events something is not delivered, although it should be, and why.</summary>
    public IReadOnlyDictionary<EntityKey, string> Stalled => _stalled;

    /// <summary>How many events that were read are not delivered yet.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Why nothing is delivered, or null.</summary>
    public string? Failure
    {
        get => _failure;
        set => _failure = value;
    }

    /// <summary>Why not everything is delivered that should be, or null.</summary>
    public string? Trouble
    {
        get
        {
            if (Failure is { } failure)
                return failure;
            var some = _stalled.OrderBy(stalled => stalled.Key.Kind.Number).ThenBy(stalled => stalled.Key.Id).Take(Named + 1).ToList();
            return some.Count == 0
                ? null
                : $"What follows is stalled: from {string.Join(", ", some.Take(Named).Select(stalled => stalled.Key))}"
                    + $"{(some.Count > Named ? ", …" : "")}. {some[0].Value}";
        }
    }

    internal void Begin()
    {
        _stalled.Clear();
        Interlocked.Exchange(ref _waiting, 0);
    }

    internal void Stall(EntityKey key, string because) => _stalled[key] = because;

    internal void GoesOn(EntityKey key) => _stalled.TryRemove(key, out _);

    internal void AddWaiting(long count) => Interlocked.Add(ref _waiting, count);
}
