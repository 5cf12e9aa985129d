using System.Collections.Concurrent;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>Clients that ask without a pause.</summary>
internal static class Load
{
    /// <summary>Each client asks for one new user after another until no answer comes, or enough.</summary>
    public static Task RunAsync(
        StandaloneServer server, long couponId, int clients, ConcurrentBag<IssueAnswer> answers, Func<IssueAnswer, bool>? isEnough = null)
    {
        var user = 0L;
        return Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (await server.TryIssueAsync(couponId, Interlocked.Increment(ref user)) is { } answer)
            {
                answers.Add(answer);
                if (isEnough?.Invoke(answer) == true)
                    return;
            }
        })));
    }
}
