namespace CouponAkka.Domain;

/// <summary>
/// A moment in UTC, in whole microseconds since 1970-01-01. Eight bytes, so that a million of them fit beside
/// their holders, and exactly what MySQL's <c>DATETIME(6)</c> keeps, so that no store rounds it.
/// </summary>
public readonly record struct Timestamp(long UnixMicroseconds) : IComparable<Timestamp>
{
    /// <summary>The first moment of the year 1.</summary>
    public static readonly Timestamp Earliest = From(DateTimeOffset.MinValue);

    /// <summary>The last moment of the year 9999.</summary>
    public static readonly Timestamp Latest = From(DateTimeOffset.MaxValue);

    /// <summary>The moment of <paramref name="time"/>; what is finer than a microsecond is cut off.</summary>
    public static Timestamp From(DateTimeOffset time) =>
        new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>The same moment with offset zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The moment lies outside the years 1 … 9999.</exception>
    public DateTimeOffset ToDateTimeOffset()
    {
        // Asked first, because the product below may overflow.
        ArgumentOutOfRangeException.ThrowIfLessThan(UnixMicroseconds, Earliest.UnixMicroseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(UnixMicroseconds, Latest.UnixMicroseconds);
        return DateTimeOffset.UnixEpoch.AddTicks(UnixMicroseconds * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>So much later, or earlier if <paramref name="duration"/> is negative.</summary>
    public Timestamp Plus(TimeSpan duration) => new(UnixMicroseconds + (duration.Ticks / TimeSpan.TicksPerMicrosecond));

    public int CompareTo(Timestamp other) => UnixMicroseconds.CompareTo(other.UnixMicroseconds);

    public static bool operator <(Timestamp left, Timestamp right) => left.UnixMicroseconds < right.UnixMicroseconds;

    public static bool operator >(Timestamp left, Timestamp right) => left.UnixMicroseconds > right.UnixMicroseconds;

    public static bool operator <=(Timestamp left, Timestamp right) => left.UnixMicroseconds <= right.UnixMicroseconds;

    public static bool operator >=(Timestamp left, Timestamp right) => left.UnixMicroseconds >= right.UnixMicroseconds;

    public override string ToString() => ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", null);
}
