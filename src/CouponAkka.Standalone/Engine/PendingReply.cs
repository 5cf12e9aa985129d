using System.Threading.Tasks.Sources;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Standalone.Engine;

/// <summary>A reply that was decided and waits for the journal, and the one who waits for it.</summary>
internal sealed class PendingReply(CouponReply decided) : IValueTaskSource<CouponReply>
{
    // Continuations run where Complete is called: ReplyDispatcher calls it on the thread pool, many to one work item.
    private ManualResetValueTaskSourceCore<CouponReply> _core;

    public ValueTask<CouponReply> Task => new(this, _core.Version);

    public void Complete(bool committed) => _core.SetResult(committed ? decided : CouponReply.OutcomeUnknown);

    CouponReply IValueTaskSource<CouponReply>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<CouponReply>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<CouponReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
