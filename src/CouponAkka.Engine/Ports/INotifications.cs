using CouponAkka.Engine.Notifying;

namespace CouponAkka.Engine.Ports;

/// <summary>
/// Everything that happened to any entity, numbered from 1 without a hole, each entity's in its order. While it can't be asked, each of these throws
/// <see cref="ReadModelUnavailableException"/>. Any thread may ask.
/// </summary>
public interface INotifications
{
    /// <summary>At most <paramref name="limit"/> notifications after this number, in their order; none only if there are none yet.</summary>
    ValueTask<IReadOnlyList<Notification>> ReadAsync(long after, int limit, CancellationToken cancel);

    /// <summary>The highest number; 0 if there is none.</summary>
    ValueTask<long> LastAsync(CancellationToken cancel);

    /// <summary>Returns soon after there is a number above this; may return without.</summary>
    Task WaitAsync(long after, CancellationToken cancel);
}
