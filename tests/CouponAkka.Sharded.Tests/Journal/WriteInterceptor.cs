using System.Collections.Concurrent;
using Akka.Persistence;
using Akka.Persistence.TestKit;

namespace CouponAkka.Sharded.Tests.Journal;

/// <summary>What happens to writes: they are held until the test lets them go, or fail, or are refused. What was written is remembered.</summary>
internal sealed class WriteInterceptor : IJournalInterceptor
{
    private volatile TaskCompletionSource? _held;
    private volatile Exception? _failure;

    public ConcurrentQueue<object> Begun { get; } = [];

    /// <summary>From now on every write waits for <see cref="LetGo"/>.</summary>
    public void Hold() => _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetGo()
    {
        var held = _held;
        _held = null;
        held?.SetResult();
    }

    public void Fail() => _failure = new TestJournalFailureException();

    public void Reject() => _failure = new TestJournalRejectionException();

    public void Mend() => _failure = null;

    public async Task InterceptAsync(IPersistentRepresentation message)
    {
        Begun.Enqueue(message.Payload);
        if (_held is { } held)
            await held.Task;
        if (_failure is { } failure)
            throw failure;
    }
}
