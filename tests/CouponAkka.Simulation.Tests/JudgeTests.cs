using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;
using CreateCoupon = CouponAkka.Domain.Coupons.CreateCoupon;

namespace CouponAkka.Simulation.Tests;

/// <summary>
/// The judge finds each untruth that is put into a true history, at whatever moment, and takes each history that is true. What is put in contradicts what
/// was told before it began, so that no order of operations at the same time excuses it.
/// </summary>
public sealed class JudgeTests(ITestOutputHelper report)
{
    private const int CleanHistories = 1_000;
    private const int OfEachKind = 40;

    private static readonly Dictionary<string, Func<History, Operation?>> Untruths = new()
    {
        ["a unit is lost"] = AfterIssue(unit => (Find(unit), new Told.NotHeld())),
        ["a holder hears that it is sold out"] = AfterIssue(unit => (Issue(unit), new Told.SoldOut())),
        ["a holder hears that it is stopped"] = AfterIssue(unit => (Issue(unit), new Told.Stopped())),
        ["a holder may not use"] = AfterIssue(unit => (Use(unit), new Told.NotHeld())),
        ["a user is issued twice"] = AfterIssue((history, unit) => (Issue(unit), new Told.Issued(unit with { Ticket = history.MostIssued + 1 }))),
        ["a ticket is issued twice"] = AfterIssue(unit => (Issue(Strangers(unit)), new Told.Issued(Strangers(unit)))),
        ["a ticket is left out"] = AfterIssue((history, unit) =>
            (Issue(Strangers(unit)), new Told.Issued(Strangers(unit) with { Ticket = history.MostIssued + 2 }))),
        ["a duplicate names another ticket"] = AfterIssue(unit => (Issue(unit), new Told.Held(unit with { Ticket = unit.Ticket + 1 }))),
        ["a duplicate names another time"] = AfterIssue(unit => (Issue(unit), new Told.Held(unit with { DateIssued = unit.DateIssued.AddSeconds(1) }))),
        ["a unit of nobody is found"] = AfterIssue(unit => (Find(Strangers(unit)), new Told.Held(Strangers(unit)))),
        ["a use is lost"] = AfterUse(unit => (Find(unit), new Told.Held(unit.AsIssued()))),
        ["a duplicate does not know of a use"] = AfterUse(unit => (Issue(unit), new Told.Held(unit.AsIssued()))),
        ["a unit is used twice"] = AfterUse(unit => (Use(unit), new Told.Used(Later(unit)))),
        ["a use has another time"] = AfterUse(unit => (Find(unit), new Told.Held(Later(unit)))),
        ["the status is old"] = After<Told.Stands>((_, told) => told.Status.IssuedQuantity > 0
            ? (new Question.Status(), new Told.Stands(Fewer(told.Status)))
            : null),
        ["fewer are shown than were issued"] = After<Told.Shown>((_, told) => told.Coupon.IssuedQuantity > 0
            ? (new Question.Coupon(), new Told.Shown(told.Coupon with { IssuedQuantity = told.Coupon.IssuedQuantity - 1 }))
            : null),
        ["more are shown than anybody asked for"] = After<Told.Shown>((history, told) =>
            (new Question.Coupon(), new Told.Shown(told.Coupon with { IssuedQuantity = history.MostIssued + 1 }))),
        ["a change that nobody asked for is shown"] = After<Told.Shown>((_, told) =>
            (new Question.Coupon(), new Told.Shown(told.Coupon with { Title = "nobody's" }))),
        // No change gives it the title back that it had at the beginning.
        ["a change is lost"] = After<Told.Changed>((history, told) => told.Coupon.Title != history.Created.Title
            ? (new Question.Coupon(), new Told.Shown(told.Coupon with { Title = history.Created.Title }))
            : null),
        ["a total is refused that is high enough"] = After<Told.Changed>((history, _) =>
            (new Question.Change(TotalQuantity: history.MostIssued), new Told.BelowIssued())),
        ["it is sold out without a limit"] = AfterIssue((history, unit) => history.HasTotals ? null : (Issue(Strangers(unit)), new Told.SoldOut())),
        ["it is closed and nobody closed it"] = AfterIssue((history, unit) => history.IsEverClosed ? null : (Issue(Strangers(unit)), new Told.OutsidePeriod())),
        ["it is stopped and nobody stopped it"] = AfterIssue((history, unit) => history.IsEverStopped ? null : (Issue(Strangers(unit)), new Told.Stopped())),
        ["the coupon does not exist"] = AfterIssue(_ => (new Question.Status(), new Told.NoCoupon())),
    };

    public static TheoryData<string> Kinds => [.. Untruths.Keys];

    [Fact]
    public void A_thousand_true_histories_are_taken()
    {
        for (var seed = 1; seed <= CleanHistories; seed++)
        {
            if (History.Of(seed).Violation() is { } violation)
                Assert.Fail($"Seed {seed}: {violation}");
        }
    }

    [Fact]
    public void A_true_history_that_ends_before_those_whose_answer_was_lost_have_asked_again_is_taken()
    {
        var cut = 0;
        for (var seed = 1; seed <= CleanHistories; seed++)
        {
            var history = History.Of(seed).UpToTheLastOfTheCrowd();
            cut += history.Unknowns > 0 ? 1 : 0;
            if (history.Violation() is { } violation)
                Assert.Fail($"Seed {seed}: {violation}");
        }

        Assert.InRange(cut, 100, CleanHistories);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_untruth_is_found(string kind)
    {
        var planted = 0;
        for (var seed = 1; planted < OfEachKind; seed++)
        {
            Assert.True(seed <= 20 * CleanHistories, $"Only {planted} histories could hold that {kind}.");
            var history = History.Of(seed);
            if (Untruths[kind](history) is not { } untruth)
                continue;
            planted++;
            Assert.True(history.With(untruth).Violation() is not null, $"Seed {seed}, {kind}, is taken: {untruth}");
        }

        report.WriteLine($"{kind}: {planted} of {planted} found");
    }

    private static Func<History, Operation?> AfterIssue(Func<Issue, (Question, Told)> untrue) => AfterIssue((_, unit) => untrue(unit));

    private static Func<History, Operation?> AfterIssue(Func<History, Issue, (Question, Told)?> untrue) =>
        After<Told.Issued>((history, told) => untrue(history, told.Issue));

    private static Func<History, Operation?> AfterUse(Func<Issue, (Question, Told)> untrue) => After<Told.Used>((_, told) => untrue(told.Issue));

    private static Func<History, Operation?> After<TTold>(Func<History, TTold, (Question, Told)?> untrue)
        where TTold : Told => history => history.AfterOne<TTold>(told => untrue(history, told));

    private static Question.Issue Issue(Issue unit) => new(unit.UserId);

    private static Question.Find Find(Issue unit) => new(unit.UserId);

    private static Question.Use Use(Issue unit) => new(unit.UserId);

    // Of whom nobody has heard.
    private static Issue Strangers(Issue unit) => unit with { UserId = 1_000 };

    private static Issue Later(Issue used) => used with { DateUsed = used.DateUsed!.Value.AddSeconds(1) };

    private static Status Fewer(Status status) => status with { IssuedQuantity = status.IssuedQuantity - 1, Remaining = status.Remaining + 1 };

    private sealed class History(Policy created, List<Operation> asked, Random random)
    {
        public Policy Created => created;

        /// <summary>How many may be issued by the end, with those of whom nobody heard.</summary>
        public long MostIssued => Unknowns + asked.Max(operation => operation.Told switch
        {
            Told.Issued told => told.Issue.Ticket,
            Told.Held told => told.Issue.Ticket,
            _ => 0,
        });

        /// <summary>How many requests to issue may have taken effect without a word.</summary>
        public int Unknowns => asked.Count(operation => operation is { Question: Question.Issue, Told: Told.Unknown });

        public bool HasTotals => created.TotalQuantity is not null || Changes.Any(change => change.TotalQuantity is not null);

        public bool IsEverClosed => Changes.Any(change => change.DateIssueEnd is not null);

        public bool IsEverStopped => Changes.Any(change => change.Stopped is not null);

        private IEnumerable<Question.Change> Changes => asked.Select(operation => operation.Question).OfType<Question.Change>();

        public static History Of(int seed)
        {
            var scenario = Scenario.Of(seed);
            scenario = scenario with { Exists = true, Steps = [.. scenario.Steps.Where(step => step is not Step.Ask { Command: CreateCoupon })] };
            return new(Verdict.PolicyOf(scenario), [.. Verdict.OperationsOf(Simulation.Run(scenario))], new Random(seed));
        }

        public string? Violation() => Linearizability.Violation(created, asked);

        public History With(Operation operation) => new(created, [.. asked, operation], random);

        /// <summary>Only what was asked while there was trouble: nobody asks for some seconds before the rest is settled.</summary>
        public History UpToTheLastOfTheCrowd()
        {
            var end = asked[0].Ended;
            foreach (var operation in asked.OrderBy(operation => operation.Started))
            {
                if (operation.Started > end + (4 * TimeSpan.TicksPerSecond))
                    break;
                end = Math.Max(end, operation.Ended);
            }

            return new(created, asked.FindAll(operation => operation.Ended <= end), random);
        }

        /// <summary>Something untrue, told at a moment after one of those who were told <typeparamref name="TTold"/>, if it can be.</summary>
        public Operation? AfterOne<TTold>(Func<TTold, (Question, Told)?> untrue)
            where TTold : Told
        {
            var told = asked.FindAll(operation => operation.Told is TTold);
            if (told.Count == 0)
                return null;
            var one = told[random.Next(told.Count)];
            if (untrue((TTold)one.Told) is not var (question, untruth))
                return null;
            var started = random.NextInt64(one.Ended + 1, asked.Max(operation => operation.Ended) + TimeSpan.TicksPerSecond);
            return new(question, untruth, started, started + random.NextInt64(1, TimeSpan.TicksPerSecond / 10), one.At);
        }
    }
}
