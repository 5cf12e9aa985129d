namespace CouponAkka.Engine.Specs.Load;

/// <summary>
/// People who want one coupon. Each asks until an answer settles it, across restarts of the engine; a user who is named
/// twice asks twice.
/// </summary>
/// <param name="history">The history of the coupon, if another crowd has begun it.</param>
public sealed class Crowd(long couponId, IEnumerable<long> userIds, History? history = null)
{
    // Only a broken engine keeps people waiting so long.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly IEnumerator<long> _toAsk = userIds.GetEnumerator();
    private readonly Queue<long> _toAskAgain = [];
    private readonly Lock _turn = new();

    public long CouponId => couponId;

    public History History { get; } = history ?? new();

    /// <summary>How long each client rests after an answer.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>
    /// Asks with <paramref name="atOnce"/> clients until everyone knows, the engine is gone, or it is <paramref name="enough"/>.
    /// Who is left without an answer asks again at the next call.
    /// </summary>
    /// <param name="heard">Called with each answer, at once, on any thread.</param>
    /// <exception cref="TimeoutException">The engine runs and keeps people waiting.</exception>
    public Task AskAsync(CouponClient client, int atOnce, Action<Answer>? heard = null, CancellationToken enough = default) =>
        AskAsync(client, atOnce, NextUser, heard, enough);

    /// <summary>Lets those ask again who were left without an answer, and nobody else.</summary>
    public Task AskAgainAsync(CouponClient client, int atOnce) => AskAsync(client, atOnce, NextUserToAskAgain, null, default);

    private async Task AskAsync(CouponClient client, int atOnce, Func<long?> next, Action<Answer>? heard, CancellationToken enough)
    {
        using var late = new CancellationTokenSource(Deadline);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(enough, late.Token);
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(AskOneAfterTheOtherAsync, CancellationToken.None)));
        if (late.IsCancellationRequested)
            throw new TimeoutException($"After {Deadline.TotalSeconds} s people still asked for coupon {couponId}.");

        async Task AskOneAfterTheOtherAsync()
        {
            try
            {
                while (!stop.IsCancellationRequested && next() is { } userId && await AskOnceAsync(client, userId, heard))
                {
                }
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>False when there is nobody any more who answers.</summary>
    private async Task<bool> AskOnceAsync(CouponClient client, long userId, Action<Answer>? heard)
    {
        var answer = await client.IssueAsync(couponId, userId);
        History.Add(answer);
        heard?.Invoke(answer);
        if (!answer.Settles)
        {
            lock (_turn)
                _toAskAgain.Enqueue(userId);
            if (answer.Connected)
                await Task.Delay(Pause);
        }

        if (Pace > TimeSpan.Zero)
            await Task.Delay(Pace);

        return answer.Connected;
    }

    private long? NextUser()
    {
        lock (_turn)
            return _toAskAgain.TryDequeue(out var again) ? again : _toAsk.MoveNext() ? _toAsk.Current : null;
    }

    private long? NextUserToAskAgain()
    {
        lock (_turn)
            return _toAskAgain.TryDequeue(out var again) ? again : null;
    }
}
