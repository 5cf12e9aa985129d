using CouponAkka.Engine.Ports;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Notifying;

/// <summary>
/// Follows the notifications once for all who want them as they come, and only while somebody does. The last few are kept for all; who is further behind
/// reads by themselves, so nobody who is slow makes anybody keep anything for them.
/// </summary>
public sealed partial class NotificationFeed(INotifications notifications, TimeProvider clock, ILogger<NotificationFeed> log) : IDisposable
{
    private const int Kept = 2_048;
    private const int ReadAtOnce = 500;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Notification[] _kept = new Notification[Kept];
    private TaskCompletionSource _more = New();
    private CancellationTokenSource? _following;
    private int _followers;
    private bool _knowsEnd;
    private long _beforeFirst;
    private long _last;

    /// <summary>Follows until it is disposed of.</summary>
    public IDisposable Follow()
    {
        lock (_gate)
        {
            if (++_followers == 1)
            {
                // What was known before nobody followed is old.
                _knowsEnd = false;
                _following = new CancellationTokenSource();
                var stop = _following.Token;
                _ = Task.Run(() => FollowAsync(stop), CancellationToken.None);
            }
        }

        return new Follower(this);
    }

    /// <summary>
    /// At least one and at most <paramref name="limit"/> notifications after this number, in their order; waits for them. For who follows.
    /// </summary>
    /// <exception cref="ReadModelUnavailableException">They can't be asked for now.</exception>
    public async ValueTask<IReadOnlyList<Notification>> NextAsync(long after, int limit, CancellationToken cancel)
    {
        while (true)
        {
            Task more;
            var isBehind = false;
            lock (_gate)
            {
                more = _more.Task;
                if (_knowsEnd && after < _last)
                {
                    if (after >= _beforeFirst)
                        return KeptAfter(after, limit);
                    isBehind = true;
                }
            }

            if (isBehind && await notifications.ReadAsync(after, limit, cancel) is { Count: > 0 } read)
                return read;
            await more.WaitAsync(cancel);
        }
    }

    /// <summary>Whoever still follows hears nothing any more.</summary>
    public void Dispose()
    {
        lock (_gate)
            _following?.Cancel();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Notification[] KeptAfter(long after, int limit)
    {
        var some = new Notification[(int)Math.Min(limit, _last - after)];
        for (var i = 0; i < some.Length; i++)
            some[i] = _kept[(after + 1 + i) % Kept];
        return some;
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        string? said = null;
        long? end = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (end is null)
                    Begin((end = await notifications.LastAsync(stop)).Value, stop);
                var read = await notifications.ReadAsync(end.Value, ReadAtOnce, stop);
                said = null;
                if (read.Count > 0)
                    Keep(read, stop);
                else
                    await notifications.WaitAsync(end.Value, stop);
                end = read.Count > 0 ? read[^1].N : end;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Said once for each trouble, which may last for hours.
                if (said != failure.Message)
                    LogFailed(failure);
                said = failure.Message;
                await Task.Delay(Retry, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Begin(long end, CancellationToken stop) => Publish(() =>
    {
        (_beforeFirst, _last, _knowsEnd) = (end, end, true);
    }, stop);

    private void Keep(IReadOnlyList<Notification> read, CancellationToken stop) => Publish(() =>
    {
        foreach (var notification in read)
            _kept[notification.N % Kept] = notification;
        _last = read[^1].N;
        _beforeFirst = Math.Max(_beforeFirst, _last - Kept);
    }, stop);

    // Nothing that is still read for those who have left.
    private void Publish(Action change, CancellationToken stop)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            if (stop.IsCancellationRequested)
                return;
            change();
            (more, _more) = (_more, New());
        }

        more.SetResult();
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_followers > 0)
                return;
            _following!.Cancel();
            _following.Dispose();
            _following = null;
            _knowsEnd = false;
            Array.Clear(_kept);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Notifications can't be followed; trying again each second, and saying it once.")]
    private partial void LogFailed(Exception failure);

    private sealed class Follower(NotificationFeed feed) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                feed.Leave();
        }
    }
}
