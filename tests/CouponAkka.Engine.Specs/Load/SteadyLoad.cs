using System.Diagnostics;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>People who come one after the other, each once, while something happens to the engine.</summary>
/// <param name="client">How to speak to the engine now.</param>
public sealed class SteadyLoad(Crowd crowd, Func<CouponClient> client) : IAsyncDisposable
{
    private const int Clients = 16;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);

    /// <summary>About five hundred people a second: enough that there is always a write on its way, and few enough to ask each afterwards.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(30);

    private readonly CancellationTokenSource _enough = new();
    private Task _asking = Task.CompletedTask;

    public History History => crowd.History;

    public Task BeginAsync()
    {
        _asking = AskUntilEnoughAsync();
        return IssueMoreAsync(500);
    }

    /// <summary>Waits until so many more are issued.</summary>
    public Task IssueMoreAsync(int count)
    {
        var enough = History.Count(Outcome.Issued) + count;
        return Eventually.ReadAsync($"{enough} are issued", () => Task.FromResult(History.Count(Outcome.Issued)), issued => issued >= enough);
    }

    /// <summary>The longest time between two answers that decided, from <paramref name="since"/> on.</summary>
    /// <param name="since">As <see cref="Stopwatch.GetTimestamp"/> counts.</param>
    public TimeSpan LongestWithoutAnswer(long since)
    {
        var decided = History.Answers.Where(answer => answer.Settles).Select(answer => answer.Ended).Where(ended => ended >= since).Order().Prepend(since).ToList();
        return decided.Zip(decided.Skip(1), Stopwatch.GetElapsedTime).Max();
    }

    /// <summary>Nobody comes any more.</summary>
    public async Task EndAsync()
    {
        await _enough.CancelAsync();
        await _asking;
    }

    /// <summary>Those who were left without an answer ask again; then all that was told, is held and is shown must agree.</summary>
    public async Task AuditAsync()
    {
        await crowd.AskAgainAsync(client(), Clients);
        await Audit.EverythingAgreesAsync(client(), crowd);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _enough.Dispose();
    }

    // Who loses the edge goes on with those that are left. In rounds, for a crowd has a deadline and a load none: whoever waits for more has one.
    private async Task AskUntilEnoughAsync()
    {
        while (!_enough.IsCancellationRequested)
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(_enough.Token);
            round.CancelAfter(Round);
            await crowd.AskAsync(client(), Clients, heard: null, round.Token);
        }
    }
}
