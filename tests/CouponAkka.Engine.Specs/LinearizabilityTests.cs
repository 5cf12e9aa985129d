using System.Diagnostics;
using CouponAkka.Engine.Specs.Load;

namespace CouponAkka.Engine.Specs;

/// <summary>The judge of histories takes what one coupon could have answered, and finds each kind of untruth that was planted.</summary>
public sealed class LinearizabilityTests
{
    private const long Coupon = 1;

    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly Policy TwoUnits = new("10 % off", 2, 1_000, 10_000, Now.AddHours(-1), Now.AddDays(1));

    private readonly List<Operation> _asked = [];
    private Policy _policy = TwoUnits;

    [Fact]
    public void What_one_coupon_answers_one_after_another_is_taken()
    {
        Ask(0, 1, new Question.Status(), Stands("OPEN", 0, 2));
        Ask(1, 2, Issue(7), Issued(7, 1));
        Ask(2, 3, Issue(7), new Told.Held(Unit(7, 1)));
        Ask(3, 4, Issue(8), Issued(8, 2));
        Ask(4, 5, Issue(9), new Told.SoldOut());
        Ask(5, 6, new Question.Status(), Stands("SOLD_OUT", 2, 2));
        Ask(6, 7, new Question.Find(9), new Told.NotHeld());
        Ask(7, 8, new Question.Use(7), new Told.Used(Unit(7, 1, used: true)));
        Ask(8, 9, new Question.Use(7), new Told.Held(Unit(7, 1, used: true)));
        Ask(9, 10, Total(1), new Told.BelowIssued());
        Ask(10, 11, Total(3), Changed("10 % off", 3, 2));
        Ask(11, 12, Title("20 % off"), Changed("20 % off", 3, 2));
        Ask(12, 13, Issue(9), Issued(9, 3));
        Accepted();
    }

    [Fact]
    public void A_coupon_that_is_stopped_says_so_and_goes_on_when_it_is_resumed()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(1, 2, new Question.Change(Stopped: true), Changed("10 % off", 2, 1, stopped: true));
        Ask(2, 3, Issue(8), new Told.Stopped());
        Ask(3, 4, new Question.Status(), Stands("STOPPED", 1, 2));
        Ask(4, 5, new Question.Coupon(), new Told.Shown(Changed("10 % off", 2, 1, stopped: true).Coupon));
        Ask(5, 6, new Question.Change(Stopped: false), Changed("10 % off", 2, 1));
        Ask(6, 7, Issue(8), Issued(8, 2));
        Accepted();
    }

    [Fact]
    public void A_unit_that_is_issued_after_a_stop_is_found()
    {
        Ask(0, 1, new Question.Change(Stopped: true), Changed("10 % off", 2, 0, stopped: true));
        Ask(2, 3, Issue(7), Issued(7, 1));
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_refusal_as_stopped_after_it_was_resumed_is_found()
    {
        Ask(0, 1, new Question.Change(Stopped: true), Changed("10 % off", 2, 0, stopped: true));
        Ask(2, 3, new Question.Change(Stopped: false), Changed("10 % off", 2, 0));
        Ask(4, 5, Issue(7), new Told.Stopped());
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_coupon_shown_as_it_was_before_a_change_is_found()
    {
        Ask(0, 1, Title("20 % off"), Changed("20 % off", 2, 0));
        Ask(2, 3, new Question.Coupon(), new Told.Shown(Changed("10 % off", 2, 0).Coupon));
        Refused("at no moment was it true");
    }

    [Fact]
    public void Answers_of_the_same_time_may_be_true_in_any_order()
    {
        Ask(0, 10, Issue(7), Issued(7, 2));
        Ask(0, 10, Issue(8), Issued(8, 1));
        Ask(0, 10, new Question.Find(7), new Told.NotHeld());
        Ask(0, 10, new Question.Status(), Stands("OPEN", 1, 2));
        Ask(0, 10, Issue(9), new Told.SoldOut());
        Ask(0, 10, Total(3), Changed("10 % off", 3, 2));
        Ask(0, 10, new Question.Status(), Stands("OPEN", 2, 3));
        Accepted();
    }

    [Fact]
    public void A_lost_answer_may_take_effect_later_or_never()
    {
        Ask(0, 1, Issue(7), new Told.Unknown());
        Ask(0, 1, Total(1), new Told.Unknown());
        Ask(0, 1, new Question.Use(8), new Told.Unknown());
        Ask(2, 3, new Question.Find(7), new Told.NotHeld());
        Ask(3, 4, new Question.Status(), Stands("OPEN", 0, 2));
        Ask(4, 5, Issue(8), Issued(8, 1));
        Ask(5, 6, Issue(9), new Told.SoldOut());
        Ask(6, 7, new Question.Find(8), new Told.Held(Unit(8, 1, used: true)));
        Ask(7, 8, Total(5), Changed("10 % off", 5, 1));
        Ask(9, 10, Issue(7), new Told.Held(Unit(7, 2)));
        Accepted();
    }

    [Fact]
    public void Whose_answer_was_lost_may_hold_the_ticket_that_nobody_was_told()
    {
        Ask(0, 1, Issue(7), new Told.Unknown());
        Ask(0, 1, Issue(9), new Told.Unknown());
        Ask(2, 3, new Question.Find(7), new Told.NotHeld());
        Ask(4, 5, Issue(8), Issued(8, 2));
        Accepted();
    }

    [Fact]
    public void Whose_answer_was_lost_may_hold_the_last_unit()
    {
        Ask(0, 1, Issue(7), new Told.Unknown());
        Ask(2, 3, Issue(8), Issued(8, 1));
        Ask(4, 5, Issue(9), new Told.SoldOut());
        Accepted();
    }

    [Fact]
    public void One_lost_answer_explains_one_ticket_only()
    {
        Ask(0, 1, Issue(7), new Told.Unknown());
        Ask(4, 5, Issue(8), Issued(8, 3));
        Refused("nobody holds ticket 2");
    }

    [Fact]
    public void Who_is_told_later_that_they_hold_nothing_held_nothing_before()
    {
        Ask(0, 1, Issue(7), new Told.Unknown());
        Ask(2, 3, Issue(8), Issued(8, 2));
        Ask(4, 5, new Question.Find(7), new Told.NotHeld());
        Refused("at no moment was it true");
    }

    [Fact]
    public void Who_hears_that_it_is_sold_out_because_of_the_lost_unit_of_their_own_is_found()
    {
        Ask(0, 1, Issue(7), new Told.Unknown());
        Ask(2, 3, Issue(8), Issued(8, 1));
        Ask(4, 5, Issue(7), new Told.SoldOut());
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_period_that_is_closed_refuses_until_it_is_opened()
    {
        var closed = TwoUnits with { DateIssueEnd = Now.AddMinutes(-1) };
        Ask(0, 1, new Question.Change(DateIssueEnd: closed.DateIssueEnd), Changed(closed, 0));
        Ask(1, 2, Issue(7), new Told.OutsidePeriod());
        Ask(2, 3, new Question.Status(), Stands("ENDED", 0, 2));
        Ask(3, 4, new Question.Change(DateIssueEnd: TwoUnits.DateIssueEnd), Changed(TwoUnits, 0));
        Ask(4, 5, Issue(7), Issued(7, 1));
        Accepted();
    }

    [Fact]
    public void A_lost_issue_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, new Question.Find(7), new Told.NotHeld());
        Refused("user 7 holds");
    }

    [Fact]
    public void A_lost_issue_whose_ticket_nobody_holds_is_found()
    {
        Ask(0, 1, Issue(8), Issued(8, 2));
        Refused("nobody holds ticket 1");
    }

    [Fact]
    public void A_ticket_that_was_told_to_two_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, Issue(8), Issued(8, 1));
        Refused("one ticket was told to two");
    }

    [Fact]
    public void A_user_who_was_issued_twice_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, Issue(7), Issued(7, 1));
        Refused("two were told");
    }

    [Fact]
    public void A_unit_that_nobody_asked_for_is_found()
    {
        Ask(0, 1, new Question.Find(7), new Told.Held(Unit(7, 1)));
        Refused("nobody issued");
    }

    [Fact]
    public void Tickets_against_the_order_of_time_are_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 2));
        Ask(2, 3, Issue(8), Issued(8, 1));
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_stale_refusal_after_a_change_is_found()
    {
        SellOut();
        Ask(4, 5, Total(3), Changed("10 % off", 3, 2));
        Ask(6, 7, Issue(9), new Told.SoldOut());
        Refused("SoldOut");
    }

    [Fact]
    public void A_refusal_of_a_holder_is_found()
    {
        SellOut();
        Ask(4, 5, Issue(7), new Told.SoldOut());
        Refused("SoldOut");
    }

    [Fact]
    public void Sold_out_before_all_are_issued_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, Issue(9), new Told.SoldOut());
        Ask(4, 5, Issue(8), Issued(8, 2));
        Refused("SoldOut");
    }

    [Fact]
    public void A_unit_beyond_the_total_is_found()
    {
        SellOut();
        Ask(4, 5, Issue(9), Issued(9, 3));
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_stale_status_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, new Question.Status(), Stands("OPEN", 0, 2));
        Refused("Stands");
    }

    [Fact]
    public void A_stale_status_with_a_total_that_was_changed_is_found()
    {
        Ask(0, 1, Total(5), Changed("10 % off", 5, 0));
        Ask(2, 3, new Question.Status(), Stands("OPEN", 0, 2));
        Refused("Stands");
    }

    [Fact]
    public void A_read_that_goes_back_is_found_though_the_issue_is_still_under_way()
    {
        Ask(0, 10, Issue(7), Issued(7, 1));
        Ask(1, 2, new Question.Status(), Stands("OPEN", 1, 2));
        Ask(3, 4, new Question.Status(), Stands("OPEN", 0, 2));
        Refused("Stands");
    }

    [Fact]
    public void A_find_that_goes_back_is_found_though_the_issue_is_still_under_way()
    {
        Ask(0, 10, Issue(7), Issued(7, 1));
        Ask(1, 2, new Question.Find(7), new Told.Held(Unit(7, 1)));
        Ask(3, 4, new Question.Find(7), new Told.NotHeld());
        Refused("user 7 holds");
    }

    [Fact]
    public void Two_reads_that_contradict_each_other_are_found()
    {
        // The unit of 8 is the second, so who sees it has seen the first.
        Ask(0, 10, Issue(7), Issued(7, 1));
        Ask(0, 10, Issue(8), Issued(8, 2));
        Ask(1, 2, new Question.Find(8), new Told.Held(Unit(8, 2)));
        Ask(3, 4, new Question.Find(7), new Told.NotHeld());
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_lost_use_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, new Question.Use(7), new Told.Used(Unit(7, 1, used: true)));
        Ask(4, 5, new Question.Find(7), new Told.Held(Unit(7, 1)));
        Refused("user 7 has used");
    }

    [Fact]
    public void A_duplicate_that_does_not_know_of_a_use_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, new Question.Use(7), new Told.Used(Unit(7, 1, used: true)));
        Ask(4, 5, Issue(7), new Told.Held(Unit(7, 1)));
        Refused("user 7 has used");
    }

    [Fact]
    public void A_second_use_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, new Question.Use(7), new Told.Used(Unit(7, 1, used: true)));
        Ask(4, 5, new Question.Use(7), new Told.Used(Unit(7, 1, used: true)));
        Refused("two were told");
    }

    [Fact]
    public void A_lost_change_is_found()
    {
        Ask(0, 1, Total(5), Changed("10 % off", 5, 0));
        Ask(2, 3, Title("20 % off"), Changed("20 % off", 2, 0));
        Refused("20 % off");
    }

    [Fact]
    public void An_old_title_is_found()
    {
        Ask(0, 1, Title("20 % off"), Changed("20 % off", 2, 0));
        Ask(2, 3, Total(5), Changed("10 % off", 5, 0));
        Refused("10 % off");
    }

    [Fact]
    public void A_unit_that_was_issued_after_the_period_was_closed_is_found()
    {
        var closed = TwoUnits with { DateIssueEnd = Now.AddMinutes(-1) };
        Ask(0, 1, new Question.Change(DateIssueEnd: closed.DateIssueEnd), Changed(closed, 0));
        Ask(2, 3, Issue(7), Issued(7, 1));
        Refused("at no moment was it true");
    }

    [Fact]
    public void A_refusal_to_lower_the_total_that_nothing_justifies_is_found()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, Total(1), new Told.BelowIssued());
        Refused("BelowIssued");
    }

    [Fact]
    public void A_coupon_that_is_said_not_to_exist_is_found()
    {
        Ask(0, 1, new Question.Status(), new Told.NoCoupon());
        Refused("said not to exist");
    }

    [Fact]
    public void What_was_told_that_nothing_was_decided_has_no_effect()
    {
        Ask(0, 1, Issue(7), new Told.NotDecided());
        Ask(2, 3, Issue(7), new Told.Held(Unit(7, 1)));
        Refused("nobody issued");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Ten_thousand_operations_of_sixteen_clients_are_judged_in_seconds_and_one_stale_answer_among_them_is_found(int seed)
    {
        _policy = TwoUnits with { TotalQuantity = 100 };
        var random = new Random(seed);
        var simulated = new SimulatedCoupon(_policy, random);
        while (_asked.Count < 10_000 || simulated.SomebodyMustAskAgain)
            simulated.Step(_asked);

        var judged = Stopwatch.StartNew();
        Accepted();
        // A deadline that a search gone exponential does not keep.
        Assert.InRange(judged.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));

        var stale = _asked.FindLastIndex(operation => operation.Told is Told.Stands { Status.IssuedQuantity: > 50 });
        var status = ((Told.Stands)_asked[stale].Told).Status;
        _asked[stale] = _asked[stale] with { Told = new Told.Stands(status with { IssuedQuantity = status.IssuedQuantity - 40, Remaining = status.Remaining + 40 }) };
        Refused("Stands");
    }

    [Fact]
    public void The_judge_agrees_with_trying_every_order_of_few_operations()
    {
        var (possible, impossible) = (0, 0);
        for (var seed = 1; seed <= 5_000; seed++)
        {
            var asked = FewOperations(new Random(seed));
            var isPossible = SomeOrderExplains(new CouponModel(TwoUnits, []), asked);
            var violation = Linearizability.Violation(TwoUnits, asked);
            Assert.True(isPossible == violation is null, $"Seed {seed}: {(isPossible ? violation : "taken, and no order explains it")}:\n{string.Join('\n', asked)}");
            (possible, impossible) = isPossible ? (possible + 1, impossible) : (possible, impossible + 1);
        }

        Assert.InRange(possible, 500, 4_500);
        Assert.InRange(impossible, 500, 4_500);
    }

    /// <summary>Six at about the same time, whose answers are mixed up a little; then most users ask once more, one after the other.</summary>
    private static List<Operation> FewOperations(Random random)
    {
        var coupon = new CouponModel(TwoUnits, []);
        var asked = new List<Operation>();
        for (var decided = 100; decided < 160; decided += 10)
        {
            var question = AnyQuestion();
            asked.Add(new(question, coupon.Answer(question), decided - random.Next(30), decided + random.Next(30), Now));
        }

        for (var i = random.Next(3); i > 0; i--)
        {
            var operation = random.Next(asked.Count);
            asked[operation] = asked[operation] with { Told = Otherwise(asked[operation]) };
        }

        foreach (var user in Enumerable.Range(1, 3).Where(_ => random.Next(4) > 0))
            asked.Add(new(new Question.Find(user), coupon.Answer(new Question.Find(user)), 200 + (user * 10), 205 + (user * 10), Now));
        return asked;

        Question AnyQuestion() => random.Next(11) switch
        {
            < 4 => new Question.Issue(1 + random.Next(3)),
            < 6 => new Question.Find(1 + random.Next(3)),
            6 => new Question.Use(1 + random.Next(3)),
            7 => new Question.Status(),
            8 => Total(1 + random.Next(3)),
            9 => Title($"title {random.Next(3)}"),
            _ => new Question.Change(DateIssueEnd: random.Next(2) == 0 ? Now.AddMinutes(-1) : TwoUnits.DateIssueEnd),
        };

        // What some other coupon would say, or nothing.
        Told Otherwise(Operation operation)
        {
            if (operation.Question.Writes && random.Next(2) == 0)
                return new Told.Unknown();
            var other = new CouponModel(TwoUnits, []);
            for (var i = random.Next(4); i > 0; i--)
                other.Answer(AnyQuestion());
            return other.Answer(operation.Question);
        }
    }

    private static bool SomeOrderExplains(CouponModel coupon, List<Operation> left)
    {
        // Only what began before everything that is left had ended may be next; of what was lost nothing is known to have ended.
        var firstEnd = left.Where(operation => operation.Told is not Told.Unknown).Select(operation => operation.Ended).DefaultIfEmpty(long.MaxValue).Min();
        if (firstEnd == long.MaxValue)
            return true;
        foreach (var next in left.Where(operation => operation.Started <= firstEnd))
        {
            var copy = coupon.Copy();
            var told = copy.Answer(next.Question);
            if ((next.Told is Told.Unknown || next.Told == told) && SomeOrderExplains(copy, [.. left.Where(operation => !ReferenceEquals(operation, next))]))
                return true;
        }

        return false;
    }

    private void SellOut()
    {
        Ask(0, 1, Issue(7), Issued(7, 1));
        Ask(2, 3, Issue(8), Issued(8, 2));
    }

    private void Ask(long started, long ended, Question question, Told told) => _asked.Add(new(question, told, started, ended, Now));

    private void Accepted() => Assert.Null(Linearizability.Violation(_policy, _asked));

    private void Refused(string says)
    {
        var violation = Linearizability.Violation(_policy, _asked);
        Assert.NotNull(violation);
        Assert.Contains(says, violation, StringComparison.Ordinal);
    }

    private static Question.Issue Issue(long user) => new(user);

    private static Question.Change Total(long total) => new(TotalQuantity: total);

    private static Question.Change Title(string title) => new(Title: title);

    private static Issue Unit(long user, long ticket, bool used = false) => new(Coupon, user, ticket, Now, used ? Now.AddSeconds(1) : null);

    private static Told.Issued Issued(long user, long ticket) => new(Unit(user, ticket));

    private static Told.Stands Stands(string state, long issued, long total) => new(new Status(Coupon, state, issued, total, total - issued));

    private static Told.Changed Changed(string title, long total, long issued, bool stopped = false) =>
        Changed(TwoUnits with { Title = title, TotalQuantity = total, Stopped = stopped }, issued);

    private static Told.Changed Changed(Policy policy, long issued) =>
        new(new CouponView(Coupon, policy.Title, policy.TotalQuantity, issued, policy.DateIssueStart, policy.DateIssueEnd, Now, policy.Stopped));

    /// <summary>A coupon that decides at once, and sixteen clients who hear of it late or, one in fifty, not at all.</summary>
    private sealed class SimulatedCoupon(Policy policy, Random random)
    {
        private const int Clients = 16;
        private const int Pace = 10;
        private const int MostOnTheWay = 100;

        private readonly CouponModel _coupon = new(policy, []);
        private readonly HashSet<long> _mustAskAgain = [];
        private readonly long[] _ends = new long[Clients];
        private long _lastUser;
        private int _changes;

        public bool SomebodyMustAskAgain => _mustAskAgain.Count > 0;

        public void Step(List<Operation> asked)
        {
            var decided = asked.Count * Pace;
            var client = Enumerable.Range(0, Clients).Where(client => _ends[client] <= decided).OrderBy(_ => random.Next()).First();
            var started = Math.Max(_ends[client], decided - random.Next(MostOnTheWay));
            var ended = _ends[client] = decided + random.Next(MostOnTheWay);
            var question = Next();
            var told = _coupon.Answer(question);
            // An unknown change doubles what may be, and in life there are few.
            var lost = random.Next(50) == 0 && (question is not Question.Change || _changes < 50);
            if (UserOf(question) is { } user)
            {
                if (lost && question.Writes)
                    _mustAskAgain.Add(user);
                else if (!lost && question is Question.Find)
                    _mustAskAgain.Remove(user);
            }

            asked.Add(new(question, lost ? new Told.Unknown() : told, started, ended, Now));
        }

        private Question Next()
        {
            if (_mustAskAgain.Count > 0)
                return new Question.Find(_mustAskAgain.First());
            return random.Next(100) switch
            {
                < 50 => new Question.Issue(++_lastUser),
                < 65 => new Question.Issue(Someone()),
                < 75 => new Question.Find(Someone()),
                < 82 => new Question.Status(),
                < 85 => new Question.Coupon(),
                < 94 => new Question.Use(Someone()),
                < 95 => new Question.Change(Stopped: random.Next(2) == 0),
                _ => new Question.Change(Title: $"title {++_changes}", TotalQuantity: Math.Max(_coupon.Issued, _coupon.Total) + random.Next(40)),
            };
        }

        private long Someone() => 1 + random.NextInt64(_lastUser + 1);

    }

    /// <summary>The rules, in the simplest words.</summary>
    private sealed class CouponModel(Policy policy, IEnumerable<Issue> held)
    {
        private readonly Dictionary<long, Issue> _held = held.ToDictionary(issue => issue.UserId);
        private Policy _policy = policy;

        public int Issued => _held.Count;

        public long Total => _policy.TotalQuantity!.Value;

        public CouponModel Copy() => new(_policy, _held.Values);

        public Told Answer(Question question)
        {
            var held = UserOf(question) is { } user ? _held.GetValueOrDefault(user) : null;
            switch (question)
            {
                case Question.Issue issue:
                    if (held is not null)
                        return new Told.Held(held);
                    if (_policy.Stopped)
                        return new Told.Stopped();
                    if (Issued >= Total)
                        return new Told.SoldOut();
                    if (!IsOpen)
                        return new Told.OutsidePeriod();
                    return new Told.Issued(_held[issue.UserId] = Unit(issue.UserId, Issued + 1));
                case Question.Find:
                    return held is null ? new Told.NotHeld() : new Told.Held(held);
                case Question.Use use:
                    if (held is null)
                        return new Told.NotHeld();
                    if (held.DateUsed is not null)
                        return new Told.Held(held);
                    return new Told.Used(_held[use.UserId] = Unit(use.UserId, held.Ticket, used: true));
                case Question.Change change:
                    if (change.TotalQuantity < Issued)
                        return new Told.BelowIssued();
                    _policy = _policy with
                    {
                        Title = change.Title ?? _policy.Title,
                        TotalQuantity = change.TotalQuantity ?? Total,
                        DateIssueEnd = change.DateIssueEnd ?? _policy.DateIssueEnd,
                        Stopped = change.Stopped ?? _policy.Stopped,
                    };
                    return Changed(_policy, Issued);
                case Question.Coupon:
                    return new Told.Shown(Changed(_policy, Issued).Coupon);
                default:
                    return Stands(_policy.Stopped ? "STOPPED" : Issued >= Total ? "SOLD_OUT" : IsOpen ? "OPEN" : "ENDED", Issued, Total);
            }
        }

        private bool IsOpen => Now < _policy.DateIssueEnd;
    }

    private static long? UserOf(Question question) => question switch
    {
        Question.Issue issue => issue.UserId,
        Question.Find find => find.UserId,
        Question.Use use => use.UserId,
        _ => null,
    };
}
