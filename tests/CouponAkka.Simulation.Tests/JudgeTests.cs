using CreateCoupon = CouponAkka.Domain.Coupons.CreateCoupon;
using CouponAkka.Engine.Specs.Load;
using Xunit.Abstractions;

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
        ["a unit is lost"] = history => history.AfterOne<Told.Issued>((did, told) => new(new Question.Find(told.Issue.UserId), new Told.NotHeld())),
        ["a holder hears that it is sold out"] = history => history.AfterOne<Told.Issued>((did, told) => new(new Question.Issue(told.Issue.UserId), new Told.SoldOut())),
        ["a holder hears that it is stopped"] = history => history.AfterOne<Told.Issued>((did, told) => new(new Question.Issue(told.Issue.UserId), new Told.Stopped())),
        ["a holder may not use"] = history => history.AfterOne<Told.Issued>((did, told) => new(new Question.Use(told.Issue.UserId), new Told.NotHeld())),
        ["a user is issued twice"] = history =>
            history.AfterOne<Told.Issued>((did, told) => new(new Question.Issue(told.Issue.UserId), new Told.Issued(told.Issue with { Ticket = history.Highest + 1 }))),
        ["a ticket is issued twice"] = history =>
            history.AfterOne<Told.Issued>((did, told) => new(new Question.Issue(History.Stranger), new Told.Issued(told.Issue with { UserId = History.Stranger }))),
        ["a ticket is left out"] = history =>
            history.AfterOne<Told.Issued>((did, told) => new(
                new Question.Issue(History.Stranger), new Told.Issued(told.Issue with { UserId = History.Stranger, Ticket = history.Highest + 2 + history.Unknowns }))),
        ["a duplicate names another ticket"] = history =>
            history.AfterOne<Told.Issued>((did, told) => new(new Question.Issue(told.Issue.UserId), new Told.Held(told.Issue with { Ticket = told.Issue.Ticket + 1 }))),
        ["a duplicate names another time"] = history =>
            history.AfterOne<Told.Issued>((did, told) => new(
                new Question.Issue(told.Issue.UserId), new Told.Held(told.Issue with { DateIssued = told.Issue.DateIssued.AddSeconds(1) }))),
        ["a unit of nobody is found"] = history =>
            history.AfterOne<Told.Issued>((did, told) => new(new Question.Find(History.Stranger), new Told.Held(told.Issue with { UserId = History.Stranger }))),
        ["a use is lost"] = history => history.AfterOne<Told.Used>((did, told) => new(new Question.Find(told.Issue.UserId), new Told.Held(told.Issue.AsIssued()))),
        ["a duplicate does not know of a use"] = history =>
            history.AfterOne<Told.Used>((did, told) => new(new Question.Issue(told.Issue.UserId), new Told.Held(told.Issue.AsIssued()))),
        ["a unit is used twice"] = history =>
            history.AfterOne<Told.Used>((did, told) => new(
                new Question.Use(told.Issue.UserId), new Told.Used(told.Issue with { DateUsed = told.Issue.DateUsed!.Value.AddSeconds(1) }))),
        ["a use has another time"] = history =>
            history.AfterOne<Told.Used>((did, told) => new(
                new Question.Find(told.Issue.UserId), new Told.Held(told.Issue with { DateUsed = told.Issue.DateUsed!.Value.AddSeconds(1) }))),
        ["the status is old"] = history =>
            history.AfterOne<Told.Stands>((did, told) => told.Status.IssuedQuantity == 0 ? null : new(new Question.Status(), new Told.Stands(Fewer(told.Status)))),
        ["the coupon is shown with fewer than were issued"] = history =>
            history.AfterOne<Told.Shown>((did, told) => told.Coupon.IssuedQuantity == 0
                ? null
                : new(new Question.Coupon(), new Told.Shown(told.Coupon with { IssuedQuantity = told.Coupon.IssuedQuantity - 1 }))),
        ["more are counted than anybody asked for"] = history =>
            history.AfterOne<Told.Shown>((did, told) => new(new Question.Coupon(), new Told.Shown(told.Coupon with { IssuedQuantity = history.Highest + history.Unknowns + 1 }))),
        ["a change that nobody asked for is shown"] = history =>
            history.AfterOne<Told.Shown>((did, told) => new(new Question.Coupon(), new Told.Shown(told.Coupon with { Title = "nobody's" }))),
        ["a change is lost"] = history => history.AfterOne<Told.Changed>((did, told) => History.GivesATitle(did)
            ? new(new Question.Coupon(), new Told.Shown(told.Coupon with { Title = "title 0" }))
            : null),
        ["a total is refused that is high enough"] = history =>
            history.AfterOne<Told.Changed>((did, told) => new(new Question.Change(TotalQuantity: history.Highest + history.Unknowns), new Told.BelowIssued())),
        ["it is sold out without a limit"] = history => history.AfterOne<Told.Issued>((did, told) => history.HasTotals
            ? null
            : new(new Question.Issue(History.Stranger), new Told.SoldOut())),
        ["it is closed and nobody closed it"] = history => history.AfterOne<Told.Issued>((did, told) => history.IsEverClosed
            ? null
            : new(new Question.Issue(History.Stranger), new Told.OutsidePeriod())),
        ["it is stopped and nobody stopped it"] = history => history.AfterOne<Told.Issued>((did, told) => history.IsEverStopped
            ? null
            : new(new Question.Issue(History.Stranger), new Told.Stopped())),
        ["the coupon does not exist"] = history => history.AfterOne<Told.Issued>((did, told) => new(new Question.Status(), new Told.NoCoupon())),
    };

    public static TheoryData<string> Kinds => [.. Untruths.Keys];

    [Fact]
    public void A_thousand_true_histories_are_taken()
    {
        for (var seed = 1; seed <= CleanHistories; seed++)
        {
            if (History.Of(seed, new Random(seed)).Violation() is { } violation)
                Assert.Fail($"Seed {seed}: {violation}");
        }
    }

    [Fact]
    public void A_true_history_that_ends_before_those_whose_answer_was_lost_have_asked_again_is_taken()
    {
        var cut = 0;
        for (var seed = 1; seed <= CleanHistories; seed++)
        {
            var history = History.Of(seed, new Random(seed)).UpToTheLastOfTheCrowd();
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
            var history = History.Of(seed, new Random(seed));
            if (Untruths[kind](history) is not { } untruth)
                continue;
            planted++;
            Assert.True(history.With(untruth).Violation() is not null, $"Seed {seed}, {kind}, is taken: {untruth}");
        }

        report.WriteLine($"{kind}: {planted} of {planted} found");
    }

    private static Status Fewer(Status status) => status with { IssuedQuantity = status.IssuedQuantity - 1, Remaining = status.Remaining + 1 };

    /// <summary>What somebody is told, that is not so.</summary>
    private sealed record Untrue(Question Question, Told Told);

    private sealed class History(Policy created, List<Operation> asked, Random random)
    {
        /// <summary>Whom nobody has heard of.</summary>
        public const long Stranger = 1_000;

        /// <summary>The highest ticket that anybody was told.</summary>
        public long Highest => asked.Max(operation => operation.Told is Told.Issued issued ? issued.Issue.Ticket : operation.Told is Told.Held held ? held.Issue.Ticket : 0);

        /// <summary>How many requests to issue may have taken effect without a word.</summary>
        public int Unknowns => asked.Count(operation => operation is { Question: Question.Issue, Told: Told.Unknown });

        public bool HasTotals => created.TotalQuantity is not null || Changes.Any(change => change.TotalQuantity is not null);

        public bool IsEverClosed => Changes.Any(change => change.DateIssueEnd is not null);

        public bool IsEverStopped => Changes.Any(change => change.Stopped is not null);

        private IEnumerable<Question.Change> Changes => asked.Select(operation => operation.Question).OfType<Question.Change>();

        public static History Of(int seed, Random random)
        {
            var scenario = Scenario.Of(seed);
            scenario = scenario with { Exists = true, Steps = [.. scenario.Steps.Where(step => step is not Step.Ask { Command: CreateCoupon })] };
            return new(Verdict.PolicyOf(scenario), [.. Verdict.OperationsOf(Simulation.Run(scenario))], random);
        }

        public string? Violation() => Linearizability.Violation(created, asked);

        public History With(Operation operation) => new(created, [.. asked, operation], random);

        /// <summary>Only what was asked while there was trouble.</summary>
        public History UpToTheLastOfTheCrowd()
        {
            // Nobody asks for a second before the rest is settled.
            var end = asked[0].Ended;
            foreach (var operation in asked.OrderBy(operation => operation.Started))
            {
                if (operation.Started > end + (4 * TimeSpan.TicksPerSecond))
                    break;
                end = Math.Max(end, operation.Ended);
            }

            return new(created, asked.FindAll(operation => operation.Ended <= end), random);
        }

        public static bool GivesATitle(Operation change) => change.Question is Question.Change { Title: { } title } && title != "title 0";

        /// <summary>Something untrue, told at a moment after one of those who were told <typeparamref name="TTold"/>, if it can be.</summary>
        public Operation? AfterOne<TTold>(Func<Operation, TTold, Untrue?> untrue)
            where TTold : Told
        {
            var told = asked.FindAll(operation => operation.Told is TTold);
            if (told.Count == 0)
                return null;
            var one = told[random.Next(told.Count)];
            if (untrue(one, (TTold)one.Told) is not { } planted)
                return null;
            var started = random.NextInt64(one.Ended + 1, Math.Max(one.Ended + 1, asked.Max(operation => operation.Ended)) + TimeSpan.TicksPerSecond);
            return new(planted.Question, planted.Told, started, started + random.NextInt64(1, TimeSpan.TicksPerSecond / 10), one.At);
        }
    }
}
