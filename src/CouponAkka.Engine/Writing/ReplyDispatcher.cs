using CouponAkka.Domain;

namespace CouponAkka.Engine.Writing;

/// <summary>
/// Hands a group of replies to the thread pool, as one work item a processor instead of one a reply: what follows a
/// reply is short, writing the answer, so a hand-off for each would cost more than it spreads.
/// </summary>
public static class ReplyDispatcher
{
    private const int FewestInASlice = 8;

    /// <summary>Tells each the reply that was decided for it. The list is not changed any more.</summary>
    public static void Dispatch(List<PendingReply> replies)
    {
        if (replies.Count == 0)
            return;
        var slices = Math.Clamp(replies.Count / FewestInASlice, 1, Environment.ProcessorCount);
        for (var i = 0; i < slices; i++)
        {
            var (from, to) = (replies.Count * i / slices, replies.Count * (i + 1) / slices);
            ThreadPool.UnsafeQueueUserWorkItem(new Slice(replies, from, to), preferLocal: false);
        }
    }

    private sealed class Slice(List<PendingReply> replies, int from, int to) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            for (var i = from; i < to; i++)
                replies[i].Complete();
        }
    }
}
