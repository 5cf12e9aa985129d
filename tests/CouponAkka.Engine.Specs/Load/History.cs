using System.Collections.Concurrent;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>Every answer that people got about one coupon, whichever process gave it.</summary>
public sealed class History
{
    private readonly ConcurrentQueue<Answer> _answers = [];
    private readonly int[] _counts = new int[Enum.GetValues<Outcome>().Length];

    public IReadOnlyCollection<Answer> Answers => _answers;

    public int Count(Outcome outcome) => Volatile.Read(ref _counts[(int)outcome]);

    public void Add(Answer answer)
    {
        _answers.Enqueue(answer);
        Interlocked.Increment(ref _counts[(int)answer.Outcome]);
    }

    /// <summary>
    /// The units that people were told they hold, as issued, by user.
    /// Fails if two answers to one user differ (promises 2 and 6) or one ticket was told to two (promise 2).
    /// </summary>
    public IReadOnlyDictionary<long, Issue> Told()
    {
        var told = new Dictionary<long, Issue>();
        foreach (var issue in _answers.Select(answer => answer.Issue?.AsIssued()).OfType<Issue>())
        {
            var first = told.TryAdd(issue.UserId, issue) ? issue : told[issue.UserId];
            if (first != issue)
                Assert.Fail($"Promises 2 and 6: one user was told of {first} and of {issue}");
        }

        foreach (var ticket in told.Values.GroupBy(issue => issue.Ticket).Where(ticket => ticket.Count() > 1))
            Assert.Fail($"Promise 2: one ticket was told to two: {string.Join(" and ", ticket)}");
        foreach (var user in _answers.Where(answer => answer.Outcome == Outcome.Issued).GroupBy(answer => answer.UserId).Where(user => user.Count() > 1))
            Assert.Fail($"Promise 2: user {user.Key} got 201 more than once");
        return told;
    }

    /// <summary>Promise 7: everyone whose answer was lost has asked again and knows.</summary>
    public void AssertEveryUnknownResolved()
    {
        var settled = _answers.Where(answer => answer.Settles).GroupBy(answer => answer.UserId)
            .ToDictionary(user => user.Key, user => user.Max(answer => answer.Started));
        foreach (var open in _answers.Where(answer => !answer.Settles))
        {
            if (!settled.TryGetValue(open.UserId, out var lastAsked) || lastAsked < open.Ended)
                Assert.Fail($"Promise 7: user {open.UserId} never learned what came of a request");
        }
    }

    /// <summary>Promises 6 and 7: a refusal is never told to somebody who knows already that they hold a unit.</summary>
    public void AssertNoHolderIsRefused()
    {
        var known = FirstTold();
        foreach (var refusal in _answers.Where(answer => answer.Refuses))
        {
            if (known.TryGetValue(refusal.UserId, out var told) && told.Ended < refusal.Started)
                Assert.Fail($"Promise 7: who was told of {told.Issue} heard {refusal.Outcome} afterwards");
        }
    }

    /// <summary>Promise 8: of two answers that don't overlap in time the earlier has the lower ticket.</summary>
    public void AssertTicketsFollowTime()
    {
        // Whoever learned from "duplicate" got the ticket at some time since they first asked.
        var firstAsked = _answers.GroupBy(answer => answer.UserId).ToDictionary(user => user.Key, user => user.Min(answer => answer.Started));
        var issuedBy = _answers.Where(answer => answer.Outcome == Outcome.Issued).ToDictionary(answer => answer.UserId);
        Answer? latest = null;
        foreach (var told in FirstTold().Values.OrderBy(answer => answer.Issue!.Ticket))
        {
            var started = issuedBy.TryGetValue(told.UserId, out var issued) ? issued.Started : firstAsked[told.UserId];
            if (latest is not null && told.Ended < latest.Started)
                Assert.Fail($"Promise 8: {told.Issue} was told before the request for {latest.Issue} began");
            if (latest is null || started > latest.Started)
                latest = told with { Started = started };
        }
    }

    /// <summary>Promise 5, for a total that nobody changed: once "sold out" was told, N had asked before and nobody gets a unit any more.</summary>
    public void AssertSoldOutIsFinal(long totalQuantity)
    {
        var soldOut = _answers.Where(answer => answer.Outcome == Outcome.SoldOut).MinBy(answer => answer.Ended);
        if (soldOut is null)
            return;
        var told = Told();
        var askedBefore = _answers.Where(answer => answer.Started < soldOut.Ended).Select(answer => answer.UserId).Distinct().Count(told.ContainsKey);
        if (askedBefore < totalQuantity)
            Assert.Fail($"Promise 5: \"sold out\" was told when only {askedBefore} who got one of {totalQuantity} had asked");
        foreach (var late in _answers.Where(answer => answer.Outcome == Outcome.Issued && answer.Started > soldOut.Ended))
            Assert.Fail($"Promise 5: {late.Issue} was issued after \"sold out\" had been told");
    }

    /// <summary>The first answer by which each holder learned of their unit.</summary>
    private Dictionary<long, Answer> FirstTold() =>
        _answers.Where(answer => answer.Issue is not null).GroupBy(answer => answer.UserId)
            .ToDictionary(user => user.Key, user => user.MinBy(answer => answer.Ended)!);
}
