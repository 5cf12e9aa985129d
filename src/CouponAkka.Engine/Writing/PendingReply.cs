using System.Threading.Tasks.Sources;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Writing;

/// <summary>Someone who waits for a reply, and the reply as soon as it is decided; it leaves when <see cref="Complete"/> is called.</summary>
public sealed class PendingReply(Reply? decided = null) : IValueTaskSource<Reply>
{
    // Continuations run where Complete is called: ReplyDispatcher calls it on the thread pool, many to one work item.
    private ManualResetValueTaskSourceCore<Reply> _core;

    /// <summary>What is told. An engine that can't keep what it decided puts another reply here before it completes.</summary>
    public Reply? Reply { get; set; } = decided;

    /// <summary>To be awaited once.</summary>
    public ValueTask<Reply> Task => new(this, _core.Version);

    /// <exception cref="InvalidOperationException">Nothing is decided, or it was completed before.</exception>
    public void Complete() => _core.SetResult(Reply ?? throw new InvalidOperationException("There is no reply yet."));

    Reply IValueTaskSource<Reply>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Reply>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Reply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
