using CouponAkka.Sharded.Database;

namespace CouponAkka.Sharded.Health;

/// <summary>What is known of the journal's database on this node. <see cref="JournalWatch"/> writes it, any thread may read.</summary>
internal sealed class JournalState(TimeProvider time)
{
    private long _looked = time.GetTimestamp();
    private volatile string? _unwritable = "The journal has not been tried yet.";
    private volatile DurabilityReport? _durability;
    private volatile IReadOnlyList<LostEvents> _lost = [];

    /// <summary>Why nothing can be written, or null.</summary>
    public string? Unwritable => _unwritable;

    /// <summary>When the journal was last tried.</summary>
    public TimeSpan SinceLooked => time.GetElapsedTime(Interlocked.Read(ref _looked));

    /// <summary>The settings of the server, or null before anyone looked.</summary>
    public DurabilityReport? Durability
    {
        get => _durability;
        set => _durability = value;
    }

    /// <summary>What the journal lacks of what this process has seen durable.</summary>
    public IReadOnlyList<LostEvents> Lost
    {
        get => _lost;
        set => _lost = value;
    }

    public void Tried(string? unwritable)
    {
        Interlocked.Exchange(ref _looked, time.GetTimestamp());
        _unwritable = unwritable;
    }
}
