namespace CouponAkka.Sharded.Tests.Support;

/// <summary>The system's time, but whoever measures with it can be told that more has passed. Its timers know nothing of that.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _shift);

    public void Shift(TimeSpan by) => Interlocked.Add(ref _shift, (long)(by.TotalSeconds * TimestampFrequency));
}
