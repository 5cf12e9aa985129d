namespace CouponAkka.Engine.Projecting;

/// <summary>How the projection fares in this process. The projection writes it, any thread may read.</summary>
public abstract class ProjectionStatus
{
    private const int CouponsNamed = 10;

    private volatile string? _failure;
    private volatile IReadOnlyDictionary<long, string> _parked = new Dictionary<long, string>();

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

    /// <summary>Why nothing is projected, or null.</summary>
    public string? Failure
    {
        get => _failure;
        set => _failure = value;
    }

    /// <summary>Why the read model does not follow the journal, for all coupons or for some, or null.</summary>
    public virtual string? Trouble => Failure ?? (_parked is { Count: > 0 } parked ? $"Not projected any further: coupon {Named(parked.Keys)}." : null);

    /// <summary>The first of them, by id.</summary>
    protected static string Named(IEnumerable<long> coupons) =>
        string.Join(", ", coupons.Order().Take(CouponsNamed)) + (coupons.Count() > CouponsNamed ? ", …" : "");
}
