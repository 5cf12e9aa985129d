namespace CouponAkka.Engine.Projecting;

/// <summary>How the projection fares in this process. The projection writes it, any thread may read.</summary>
public abstract class ProjectionStatus
{
    private const int MostNamed = 10;

    private volatile string? _failure;
    private volatile IReadOnlyDictionary<long, string> _parked = new Dictionary<long, string>();
    private volatile IReadOnlyDictionary<EntityKey, string> _parkedOthers = new Dictionary<EntityKey, string>();

    /// <summary>How many events the read model is behind the journal.</summary>
    public abstract long EventsBehind { get; }

    /// <summary>How old the oldest event is that is not in the read model; zero if there is none.</summary>
    public abstract TimeSpan Lag { get; }

    /// <summary>The coupons that are not projected any further, and why.</summary>
    public IReadOnlyDictionary<long, string> Parked
    {
        get => _parked;
        set => _parked = value;
    }

    /// <summary>The entities of other kinds that are not projected any further, and why.</summary>
    public IReadOnlyDictionary<EntityKey, string> ParkedOthers
    {
        get => _parkedOthers;
        set => _parkedOthers = value;
    }

    /// <summary>Why nothing is projected, or null.</summary>
    public string? Failure
    {
        get => _failure;
        set => _failure = value;
    }

    /// <summary>Why the read model does not follow the journal, for all entities or for some, or null.</summary>
    public virtual string? Trouble => Failure ?? (DescribeParked() is { Length: > 0 } parked ? $"Not projected any further: {parked}." : null);

    // "coupon 7, 8; vendor 3"
    private string DescribeParked() => string.Join("; ",
    [
        .. _parked is { Count: > 0 } coupons ? [$"coupon {Named(coupons.Keys)}"] : Array.Empty<string>(),
        .. _parkedOthers.Keys.GroupBy(key => key.Kind, key => key.Id).OrderBy(kind => kind.Key.Number).Select(kind => $"{kind.Key.Name} {Named(kind)}"),
    ]);

    /// <summary>The first of them, by id.</summary>
    protected static string Named(IEnumerable<long> ids) =>
        string.Join(", ", ids.Order().Take(MostNamed)) + (ids.Count() > MostNamed ? ", …" : "");
}
