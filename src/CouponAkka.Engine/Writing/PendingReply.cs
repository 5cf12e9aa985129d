using System.Threading.Tasks.Sources;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Engine.Writing;

/// <summary>Someone who waits for a reply, and the reply as soon as it is decided; it leaves when <see cref="Complete"/> is called.</summary>
public sealed class PendingReply(CouponReply? decided = null) : IValueTaskSource<CouponReply>
{
    // Continuations run where Complete is called: ReplyDispatcher calls it on the thread pool, many to one work item.
    private ManualResetValueTaskSourceCore<CouponReply> _core;

    /// <summary>What is told. An engine that can't keep what it decided puts another reply here before it completes.</summary>
    public CouponReply? Reply { get; set; } = decided;

    /// <summary>To be awaited once.</summary>
    public ValueTask<CouponReply> Task => new(this, _core.Version);

    /// <exception cref="InvalidOperationException">Nothing is decided, or it was completed before.</exception>
    public void Complete() => _core.SetResult(Reply ?? throw new InvalidOperationException("There is no reply yet."));

    CouponReply IValueTaskSource<CouponReply>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<CouponReply>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<CouponReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
