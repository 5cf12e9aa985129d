using System.Collections.Concurrent;
using System.Diagnostics;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>What happens to a coupon of a <see cref="MixedLoad"/>, besides being asked.</summary>
public enum CouponKind
{
    /// <summary>Nothing: there is always one more.</summary>
    Unlimited,

    /// <summary>It is sold out most of the time, and a few more are added each second.</summary>
    SellsOut,

    /// <summary>It has a new title twice a second, and is closed or stopped now and then.</summary>
    Changes,
}

/// <summary>One coupon, its people and its administrator, with everything that they asked and were told.</summary>
public sealed class CouponUnderLoad(long couponId, CouponKind kind, Policy created, int seed)
{
    /// <summary>How many people ask at once.</summary>
    public const int Clients = 3;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(75);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<Operation> _asked = [];
    private readonly Lock _turn = new();
    private readonly Random _random = new(seed);
    private readonly List<long> _holders = [];
    private readonly HashSet<long> _waiting = [];
    private readonly HashSet<long> _issuesToSettle = [];
    private readonly HashSet<long> _usesToSettle = [];
    private long _lastUser;
    private long _lastTotal = created.TotalQuantity ?? 0;
    private int _changes;

    public long CouponId => couponId;

    public CouponKind Kind => kind;

    public IReadOnlyCollection<Operation> Asked => _asked;

    /// <summary>What <see cref="Audit"/> compares.</summary>
    public History History { get; } = new();

    /// <summary>Asks, and writes down what was told.</summary>
    public async Task<Operation> AskAsync(CouponClient client, Question question, CancellationToken cancel = default)
    {
        var operation = await client.AskAsync(couponId, question, cancel);
        Note(operation);
        return operation;
    }

    /// <summary>The same, of a process that nobody else asks any more: what it tells must be true, and shows no life.</summary>
    public async Task<Operation> AskAsideAsync(CouponClient client, Question question, CancellationToken cancel)
    {
        var operation = await client.AskAsync(couponId, question, cancel) with { Aside = true };
        Note(operation);
        return operation;
    }

    /// <summary>One of the people asks one thing after the other; the answer that is on its way when it is enough is still heard.</summary>
    public async Task AskUntilAsync(Func<CouponClient> client, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var operation = await AskAsync(client(), NextQuestion(), CancellationToken.None);
            await Task.Delay(operation.Told.Decides ? Pace : Pace + Pause, CancellationToken.None);
        }
    }

    /// <summary>The administrator does what <see cref="Kind"/> says.</summary>
    public async Task AdministerUntilAsync(Func<CouponClient> client, CancellationToken enough)
    {
        while (kind != CouponKind.Unlimited && !enough.IsCancellationRequested)
        {
            var operation = await AskAsync(client(), NextChange(), CancellationToken.None);
            if (Undo(operation.Question) is { } undo)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(300), CancellationToken.None);
                await AskAsync(client(), undo, CancellationToken.None);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
        }
    }

    /// <summary>Everyone who was left without an answer asks again until they know, and the coupon is closed with one last change.</summary>
    public async Task SettleAsync(CouponClient client)
    {
        await UntilDecidedAsync(new Question.Change(Stopped: false));
        await UntilDecidedAsync(new Question.Change($"the end of {couponId}", DateIssueEnd: created.DateIssueEnd));
        List<long> issues, uses;
        lock (_turn)
            (issues, uses) = ([.. _issuesToSettle], [.. _usesToSettle]);
        foreach (var user in issues)
            await UntilDecidedAsync(new Question.Issue(user));
        foreach (var user in issues.Union(uses))
            await UntilDecidedAsync(new Question.Find(user));
        await UntilDecidedAsync(new Question.Status());

        Task UntilDecidedAsync(Question question) => Eventually.ReadAsync(
            $"coupon {couponId} answers {question}", () => AskAsync(client, question), operation => operation.Told.Decides);
    }

    /// <summary>Whether a new answer shows that the coupon is not held up: of one that never sells out, only that a unit was issued and is durable.</summary>
    public bool ShowsLife(Operation operation) => !operation.Aside && (kind == CouponKind.Unlimited ? operation.Told is Told.Issued : operation.Told.Decides);

    /// <summary>The moments of such answers, in order.</summary>
    public IReadOnlyList<long> SignsOfLife(long since, long until) =>
        [.. _asked.Where(ShowsLife).Select(operation => operation.Ended).Where(ended => ended >= since && ended <= until).Order()];

    /// <summary>The longest time without a sign of life.</summary>
    public TimeSpan LongestSilence(long since, long until)
    {
        List<long> signs = [since, .. SignsOfLife(since, until), until];
        return signs.Zip(signs.Skip(1), Stopwatch.GetElapsedTime).Max();
    }

    /// <summary>Signs of life a second.</summary>
    public double Rate(long since, long until) => SignsOfLife(since, until).Count / Stopwatch.GetElapsedTime(since, until).TotalSeconds;

    /// <summary>How many heard that nobody knows what came of their request, since they asked it.</summary>
    public int Unknowns(long since, long until) => _asked.Count(operation => operation is { Told: Told.Unknown, Connected: true, Aside: false } && operation.Started >= since && operation.Started <= until);

    /// <summary>Fails if what was told could not have been told by one coupon.</summary>
    public void AssertLinearizable()
    {
        if (Linearizability.Violation(created, _asked) is { } violation)
            Assert.Fail($"Coupon {couponId} ({kind}, {_asked.Count} operations, seed {seed}): {violation}");
    }

    /// <summary>What one of the people may ask next.</summary>
    public Question NextQuestion()
    {
        lock (_turn)
        {
            // Those who don't know ask again, but not only they, or a coupon that is held up would have no new ones.
            if (_waiting.Count > 0 && _random.Next(3) == 0)
                return new Question.Issue(_waiting.ElementAt(_random.Next(_waiting.Count)));
            return _random.Next(100) switch
            {
                < 65 => new Question.Issue(++_lastUser),
                < 73 => new Question.Issue(Holder()),
                < 80 => new Question.Find(Holder()),
                < 83 => new Question.Find(_lastUser + 1 + _random.Next(3)),
                < 88 => new Question.Status(),
                < 91 => new Question.Coupon(),
                _ => new Question.Use(Holder()),
            };
        }

        long Holder() => _holders.Count == 0 ? _lastUser + 1 : _holders[_random.Next(_holders.Count)];
    }

    private Question.Change NextChange()
    {
        lock (_turn)
        {
            var number = ++_changes;
            if (kind == CouponKind.Changes)
                return (number % 8) switch { 0 => new(Stopped: true), 4 => new(DateIssueEnd: created.DateIssueStart.AddMinutes(30)), _ => new($"title {number}") };
            return number % 5 == 0 ? new(TotalQuantity: 1) : new(number % 3 == 0 ? $"title {number}" : null, _lastTotal += 6);
        }
    }

    private Question.Change? Undo(Question question) => question switch
    {
        Question.Change { DateIssueEnd: not null } => new(DateIssueEnd: created.DateIssueEnd),
        Question.Change { Stopped: true } => new(Stopped: false),
        _ => null,
    };

    private void Note(Operation operation)
    {
        _asked.Enqueue(operation);
        lock (_turn)
        {
            if (operation.Question is Question.Issue issue)
            {
                if (operation.Told.Decides)
                {
                    _waiting.Remove(issue.UserId);
                }
                else
                {
                    _waiting.Add(issue.UserId);
                    // For good: what they hear meanwhile may be the answer to what they asked before.
                    _issuesToSettle.Add(issue.UserId);
                }

                if (operation.Told is Told.Issued)
                    _holders.Add(issue.UserId);
            }

            if (operation is { Question: Question.Use use, Told: Told.Unknown })
                _usesToSettle.Add(use.UserId);
        }

        if (AnswerIn(operation) is { } answer)
            History.Add(answer);
    }

    private static Answer? AnswerIn(Operation operation)
    {
        if (operation.Question is not Question.Issue question)
            return null;
        var (outcome, issue) = operation.Told switch
        {
            Told.Issued told => (Outcome.Issued, told.Issue),
            Told.Held told => (Outcome.Duplicate, told.Issue),
            Told.SoldOut => (Outcome.SoldOut, null),
            Told.OutsidePeriod => (Outcome.OutsidePeriod, null),
            Told.Stopped => (Outcome.Stopped, null),
            Told.NotDecided => (Outcome.NotDecided, null),
            _ => (Outcome.Unknown, (Issue?)null),
        };
        return new(question.UserId, outcome, issue, operation.Started, operation.Ended, operation.Connected);
    }
}
