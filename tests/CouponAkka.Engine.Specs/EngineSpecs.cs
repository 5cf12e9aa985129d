using CouponAkka.Engine.Specs.Engines;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

namespace CouponAkka.Engine.Specs;

/// <summary>
/// What every class of specs has: an engine, and its output in the report of a spec that fails. The classes derived from
/// it are abstract and say what any engine promises; a sealed class per engine makes them run.
/// </summary>
public abstract class EngineSpecs<TEngine>(TEngine engine, ITestOutputHelper report) : IAsyncLifetime
    where TEngine : IEngine
{
    /// <summary>As many clients as keep a group commit busy, and few enough that two cores answer them all.</summary>
    protected const int Many = 64;

    /// <summary>The total of a coupon that never sells out.</summary>
    protected static long? Unlimited => null;

    private static long _lastCouponId;

    protected TEngine Engine => engine;

    /// <summary>What a spec has to say besides passing.</summary>
    protected ITestOutputHelper Report => report;

    protected CouponClient Client => engine.Client;

    public abstract Task InitializeAsync();

    public virtual Task DisposeAsync()
    {
        report.WriteLine(engine.Output);
        return Task.CompletedTask;
    }

    /// <summary>A coupon that no other spec knows, open now.</summary>
    protected Task<long> CreateCouponAsync(long? totalQuantity) => CreateCouponAsync(Policy.Open(totalQuantity));

    /// <summary>A coupon that no other spec knows.</summary>
    protected async Task<long> CreateCouponAsync(Policy policy)
    {
        var couponId = Interlocked.Increment(ref _lastCouponId);
        await Client.CreateAsync(couponId, policy);
        return couponId;
    }

    /// <summary>The users 1 … <paramref name="count"/>.</summary>
    protected static IEnumerable<long> Users(int count) => Enumerable.Range(1, count).Select(user => (long)user);

    /// <summary>The users 1, 2, 3 … without end.</summary>
    protected static IEnumerable<long> UsersWithoutEnd()
    {
        for (var user = 1L; ; user++)
            yield return user;
    }

    /// <summary><paramref name="users"/> again and again.</summary>
    protected static IEnumerable<long> AgainAndAgain(IEnumerable<long> users)
    {
        while (true)
        {
            foreach (var user in users)
                yield return user;
        }
    }

    /// <summary>Each of <paramref name="users"/> so many times in a row, so that they ask at the same moment.</summary>
    protected static IEnumerable<long> EachSeveralTimes(IEnumerable<long> users, int times) =>
        users.SelectMany(user => Enumerable.Repeat(user, times));
}

/// <summary>Specs that share one engine, which nobody stops, and tell each other apart by coupon ids.</summary>
public abstract class SharedEngineSpecs<TEngine>(SharedEngine<TEngine> shared, ITestOutputHelper report)
    : EngineSpecs<TEngine>(shared.Engine, report), IClassFixture<SharedEngine<TEngine>>
    where TEngine : IEngine, new()
{
    public sealed override Task InitializeAsync() => Task.CompletedTask;
}

/// <summary>Specs that have an engine each, so that they may kill it.</summary>
public abstract class OwnEngineSpecs<TEngine>(ITestOutputHelper report) : EngineSpecs<TEngine>(new TEngine(), report)
    where TEngine : IEngine, new()
{
    public sealed override Task InitializeAsync()
    {
        Prepare();
        return Engine.StartAsync();
    }

    public sealed override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Engine.DisposeAsync();
    }

    /// <summary>What is to be done to the engine before it is started.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>
    /// Lets the crowd ask, and kills the engine with SIGKILL in the moment an answer is heard of which
    /// <paramref name="itIsTime"/> says so. Returns when every process is gone and every client has noticed.
    /// </summary>
    protected Task AskAndKillAsync(Crowd crowd, int atOnce, Func<Answer, bool> itIsTime) =>
        AskAndEndAsync(crowd, Client, atOnce, itIsTime, async () =>
        {
            await Engine.KillAsync();
            return true;
        });

    /// <summary>
    /// Lets the crowd ask, and calls <paramref name="end"/> once, in the moment an answer is heard of which
    /// <paramref name="itIsTime"/> says so. Returns its result when every client has noticed.
    /// </summary>
    protected static async Task<T> AskAndEndAsync<T>(Crowd crowd, CouponClient client, int atOnce, Func<Answer, bool> itIsTime, Func<Task<T>> end)
    {
        var ended = new TaskCompletionSource<Task<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var times = 0;
        await crowd.AskAsync(client, atOnce, answer =>
        {
            if (itIsTime(answer) && Interlocked.Increment(ref times) == 1)
                ended.SetResult(end());
        });
        Assert.True(times > 0, "Everyone had an answer before it was time to end.");
        return await await ended.Task;
    }
}
