using System.Diagnostics;

namespace CouponAkka.Engine.Tests.Reacting;

/// <summary>A clock that runs a hundred times as fast, so that ten seconds of patience are a tenth of one.</summary>
internal sealed class FastTime : TimeProvider
{
    private const int Times = 100;

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly DateTimeOffset _start = DateTimeOffset.UnixEpoch.AddYears(56);

    public override long TimestampFrequency => Stopwatch.Frequency / Times;

    public override DateTimeOffset GetUtcNow() => _start + (Stopwatch.GetElapsedTime(_began) * Times);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Fast(dueTime), Fast(period));

    private static TimeSpan Fast(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / Times;
}
