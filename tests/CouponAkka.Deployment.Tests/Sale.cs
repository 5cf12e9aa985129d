using System.Collections.Concurrent;

namespace CouponAkka.Deployment.Tests;

/// <summary>A coupon, and all that people were told of it that decides: by a client that may be another one each time.</summary>
internal sealed class Sale
{
    public const string HeldAlready = "DUPLICATED_COUPON_ISSUE";
    public const string SoldOut = "INVALID_COUPON_ISSUE_QUANTITY";

    private static long _lastCoupon;

    private readonly ConcurrentQueue<IssueAnswer> _told = new();
    private readonly Func<HttpClient> _client;
    private readonly int _total;
    private readonly int _people;

    private Sale(Func<HttpClient> client, int total, int people) =>
        (_client, _total, _people, Coupon) = (client, total, people, Interlocked.Increment(ref _lastCoupon));

    public long Coupon { get; }

    /// <summary>How many answers decided.</summary>
    public int Decided => _told.Count;

    public static async Task<Sale> OpenAsync(Func<HttpClient> client, int total, int people)
    {
        var sale = new Sale(client, total, people);
        await client().CreateCouponAsync(sale.Coupon, total);
        return sale;
    }

    /// <summary>The users 1 … <paramref name="count"/>.</summary>
    public static IEnumerable<long> People(int count) => Enumerable.Range(1, count).Select(user => (long)user);

    /// <summary>Each of the first so many asks until they are told what decides.</summary>
    public Task AskAsync(int people) => Parallel.ForEachAsync(People(people), async (user, _) => await Eventually.HoldsAsync(() => IsDecidedAsync(user)));

    /// <summary>One after another asks, over and over.</summary>
    public async Task AskUntilAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (var user in People(_people).TakeWhile(_ => !stop.IsCancellationRequested))
                await IsDecidedAsync(user);
        }
    }

    /// <summary>Who holds which ticket.</summary>
    public Dictionary<long, long> Tickets() => _told.Where(answer => answer.Ticket is not null).GroupBy(answer => answer.UserId, answer => answer.Ticket!.Value)
        .ToDictionary(user => user.Key, user => user.First());

    /// <summary>All answers ever are true together: nobody has two tickets, no two have one, none is missing, and who was refused has none.</summary>
    public void NobodyWasToldALie()
    {
        Assert.All(_told.GroupBy(answer => answer.UserId), user => Assert.Single(user.Select(answer => answer.Ticket).Distinct()));
        var tickets = Tickets().Values.Order().ToList();
        Assert.Equal(Enumerable.Range(1, tickets.Count).Select(ticket => (long)ticket), tickets);
        if (_told.Any(answer => answer.Code == SoldOut))
            Assert.Equal(_total, tickets.Count);
    }

    private async Task<bool> IsDecidedAsync(long user)
    {
        if (await _client().TryIssueAsync(Coupon, user) is not { } answer || !(answer.IsIssued || answer.Code is SoldOut or HeldAlready))
            return false;
        _told.Enqueue(answer);
        return true;
    }
}
