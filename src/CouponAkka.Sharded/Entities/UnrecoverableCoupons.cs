using System.Collections.Concurrent;
using CouponAkka.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Entities;

/// <summary>The coupons that could not be recovered here from what stands in the database, and why. Any thread may use it.</summary>
internal sealed partial class UnrecoverableCoupons(TimeProvider clock, ILogger<UnrecoverableCoupons> log)
{
    /// <summary>For how long a coupon is not tried again, however often it is asked.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    // Nobody has asked for it since, or its shard is another node's now.
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<long, (string Because, long Failed)> _coupons = new();

    /// <summary>Those that failed when they were last tried, in the last hour.</summary>
    public IReadOnlyDictionary<long, string> Coupons =>
        _coupons.Where(coupon => clock.GetElapsedTime(coupon.Value.Failed) < Forgotten).ToDictionary(coupon => coupon.Key, coupon => coupon.Value.Because);

    public void Failed(long couponId, string because)
    {
        var isNews = !_coupons.TryGetValue(couponId, out var before) || before.Because != because || clock.GetElapsedTime(before.Failed) >= Forgotten;
        _coupons[couponId] = (because, clock.GetTimestamp());
        if (isNews)
            LogUnrecoverable(couponId, because);
    }

    public void Recovered(long couponId)
    {
        if (_coupons.TryRemove(couponId, out _))
            LogRecovered(couponId);
    }

    /// <summary>How long until it is tried again; null if it may be now.</summary>
    public TimeSpan? RestOf(long couponId) =>
        _coupons.TryGetValue(couponId, out var coupon) && Rest - clock.GetElapsedTime(coupon.Failed) is { Ticks: > 0 } left ? left : null;

    /// <summary>Counts them for telemetry: once a process.</summary>
    public void Observe() => CouponMeter.ObserveUnrecoverable(() => Coupons.Count);

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "Coupon {CouponId} does not start, and answers UNAVAILABLE; other coupons go on. {Because} It is tried again when it is asked. What to do: docs/operations.md, \"A coupon that does not start\".")]
    private partial void LogUnrecoverable(long couponId, string because);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Coupon {CouponId}, which did not start, has recovered.")]
    private partial void LogRecovered(long couponId);
}
