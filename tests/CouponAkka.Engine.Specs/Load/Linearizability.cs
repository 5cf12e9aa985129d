using System.Numerics;

namespace CouponAkka.Engine.Specs.Load;

/// <summary>
/// Judges whether the answers about one coupon could have come from one coupon that did one thing after another, each at some moment between
/// question and answer. An answer that was lost may have taken effect at any time after its question, or never.
/// </summary>
/// <remarks>
/// Exact, and near to linear in the number of operations, for three reasons. Tickets say in which order units were issued. What becomes of a unit
/// concerns its holder alone: it bounds the moment of the issue, and nothing else. And the rest is simulated just in time (Lowe, "Testing for
/// linearizability"): nothing is taken to have happened before an answer needs it, so few states are possible at any moment.
/// Whose request to issue was lost, and who was never told of a unit, may hold one all the same: a ticket that nobody was told, or one after the last.
/// One condition, which whoever makes histories keeps: no start or end of a period is close to a moment at which anyone asks.
/// </remarks>
public static class Linearizability
{
    /// <summary>What is contradictory in <paramref name="operations"/>, or null if nothing is.</summary>
    /// <param name="created">How the coupon was before the first of them, with nothing issued.</param>
    public static string? Violation(Policy created, IEnumerable<Operation> operations)
    {
        var asked = operations.Where(operation => operation.Told is not Told.NotDecided).OrderBy(operation => operation.Started).ToList();
        try
        {
            if (asked.FirstOrDefault(operation => operation.Told is Told.NoCoupon) is { } lost)
                throw new ContradictionException($"a coupon that stands was said not to exist: {lost}");
            var openEnded = Units.Lost(asked);
            new Sequence(created, Units.Of(asked, openEnded.Count), openEnded, asked).Run();
            return null;
        }
        catch (ContradictionException contradiction)
        {
            return contradiction.Message;
        }
    }

    private sealed class ContradictionException(string message) : Exception(message);

    /// <summary>A unit: issued at a moment that is neither before <paramref name="Earliest"/> nor after <paramref name="Latest"/>.</summary>
    private sealed record Unit(Issue Issue, long Earliest, long Latest);

    /// <summary>Somebody whose request to issue was lost, and who was never told of a unit: if they hold one, then since <paramref name="Earliest"/> or later.</summary>
    private sealed record Lost(long UserId, long Earliest, DateTimeOffset At);

    /// <summary>What holders were told, one by one.</summary>
    private static class Units
    {
        /// <summary>By ticket; null where nobody was told the ticket, of which there are no more than <paramref name="untold"/>.</summary>
        public static List<Unit?> Of(List<Operation> asked, int untold)
        {
            var told = asked.GroupBy(operation => UserOf(operation.Question)).Where(user => user.Key is not null)
                .Select(user => Of(user.Key!.Value, [.. user])).OfType<Unit>().OrderBy(unit => unit.Issue.Ticket);
            var units = new List<Unit?>();
            foreach (var unit in told)
            {
                if (unit.Issue.Ticket <= units.Count)
                    throw new ContradictionException($"one ticket was told to two: {units.LastOrDefault()?.Issue} and {unit.Issue}");
                for (; unit.Issue.Ticket > units.Count + 1; untold--)
                {
                    if (untold == 0)
                        throw new ContradictionException($"nobody holds ticket {units.Count + 1}, and there is {unit.Issue}");
                    units.Add(null);
                }

                units.Add(unit);
            }

            return units;
        }

        /// <summary>The longest lost first.</summary>
        public static List<Lost> Lost(List<Operation> asked) =>
        [
            .. asked.Where(operation => operation is { Question: Question.Issue, Told: Told.Unknown }).GroupBy(operation => UserOf(operation.Question)!.Value)
                .Select(user => (User: user.Key, First: user.First(), Told: asked.FindAll(operation => UserOf(operation.Question) == user.Key && operation.Told.Decides)))
                .Where(lost => lost.Told.TrueForAll(operation => IssueIn(operation.Told) is null))
                // All that they were told says that they hold nothing, so it was told before.
                .Select(lost => new Lost(lost.User, lost.Told.Select(operation => operation.Started).Append(lost.First.Started).Max(), lost.First.At))
                .OrderBy(lost => lost.Earliest),
        ];

        private static Unit? Of(long user, List<Operation> asked)
        {
            var seen = asked.Where(operation => IssueIn(operation.Told) is not null).ToList();
            if (seen.Count == 0)
                return null;
            var issue = IssueIn(seen[0].Told)!.AsIssued();
            if (seen.Find(operation => IssueIn(operation.Told)!.AsIssued() != issue) is { } other)
                throw new ContradictionException($"user {user} was told of {issue} and of another: {other}");

            var issuing = TheOneThatDid(asked, operation => operation.Told is Told.Issued, operation => operation.Question is Question.Issue, $"issued {issue}");
            var earliest = asked.Where(operation => operation.Told is Told.NotHeld).Select(operation => operation.Started).Append(issuing.Started).Max();
            var latest = seen.Select(operation => operation.Ended).Append(EndOf(issuing)).Min();
            if (earliest > latest)
                throw new ContradictionException($"user {user} holds {issue}, and was told otherwise afterwards, or of it before: {string.Join(" | ", asked)}");
            CheckUse(user, asked, seen);
            return new(issue, earliest, latest);
        }

        private static void CheckUse(long user, List<Operation> asked, List<Operation> seen)
        {
            var used = seen.Where(operation => IssueIn(operation.Told)!.DateUsed is not null).ToList();
            if (used.Count == 0)
                return;
            if (used.Select(operation => IssueIn(operation.Told)!.DateUsed).Distinct().Count() > 1)
                throw new ContradictionException($"user {user} used a unit twice: {string.Join(" | ", used)}");
            var using_ = TheOneThatDid(asked, operation => operation.Told is Told.Used, operation => operation.Question is Question.Use, $"used {used[0]}");
            var earliest = seen.Except(used).Select(operation => operation.Started).Append(using_.Started).Max();
            var latest = used.Select(operation => operation.Ended).Append(EndOf(using_)).Min();
            if (earliest > latest)
                throw new ContradictionException($"user {user} has used a unit, and was told otherwise afterwards, or of it before: {string.Join(" | ", seen)}");
        }

        // The one that was answered so, or the first whose answer was lost: no other could have done it earlier.
        private static Operation TheOneThatDid(List<Operation> asked, Predicate<Operation> did, Predicate<Operation> could, string what)
        {
            var doers = asked.FindAll(did);
            if (doers.Count > 1)
                throw new ContradictionException($"two were told that they {what}: {string.Join(" | ", doers)}");
            return doers.FirstOrDefault()
                ?? asked.Find(operation => operation.Told is Told.Unknown && could(operation))
                ?? throw new ContradictionException($"nobody {what}: {string.Join(" | ", asked)}");
        }
    }

    /// <summary>How a coupon may stand at one moment.</summary>
    /// <param name="Done">The changes that were asked for, and have happened, of those that may still be under way: a bit each.</param>
    /// <param name="Met">The answers still to come that would have been true at some moment since their question: a bit each.</param>
    /// <param name="Found">Those of the <see cref="Lost"/> who hold a unit after all: a bit each.</param>
    private readonly record struct State(int Count, Policy Policy, ulong Done, ulong Met, BigInteger Found);

    /// <summary>A question, from the moment it is asked to that at which its answer must have been true.</summary>
    private sealed record Pending(Operation? Operation, int Ticket, long Ended, int Bit);

    private sealed class Sequence(Policy created, List<Unit?> units, List<Lost> lost, List<Operation> asked)
    {
        private const int Bits = 64;

        private readonly Dictionary<long, long> _ticketOf = units.OfType<Unit>().ToDictionary(unit => unit.Issue.UserId, unit => unit.Issue.Ticket);
        private readonly Dictionary<long, int> _lost = lost.Index().ToDictionary(one => one.Item.UserId, one => one.Index);
        private readonly List<Pending> _changes = [];
        private readonly List<Pending> _answers = [];
        private readonly PriorityQueue<Pending, long> _ends = new();
        private HashSet<State> _states = [new(0, created, 0, 0, BigInteger.Zero)];
        private ulong _takenDone;
        private ulong _takenMet;

        public void Run()
        {
            foreach (var unit in units.OfType<Unit>().Where(unit => unit.Latest < long.MaxValue))
                _ends.Enqueue(new(null, (int)unit.Issue.Ticket, unit.Latest, 0), unit.Latest);
            foreach (var operation in asked.Where(operation => operation.Question is Question.Change || IsQuestionOfAll(operation)))
            {
                // What begins in the moment in which something else ends overlaps it.
                EndUntil(operation.Started);
                Begin(operation);
            }

            EndUntil(long.MaxValue);
        }

        // The other answers bound the moments of their units already.
        private static bool IsQuestionOfAll(Operation operation) => operation.Told is Told.SoldOut or Told.OutsidePeriod or Told.Stopped or Told.Stands or Told.Shown;

        private void Begin(Operation operation)
        {
            if (operation is { Question: Question.Change, Told: not Told.BelowIssued })
            {
                var change = new Pending(operation, 0, EndOf(operation), Take(ref _takenDone));
                _changes.Add(change);
                if (change.Ended < long.MaxValue)
                    _ends.Enqueue(change, change.Ended);
                return;
            }

            var answer = new Pending(operation, 0, operation.Ended, Take(ref _takenMet));
            _answers.Add(answer);
            _ends.Enqueue(answer, answer.Ended);
            _states = [.. _states.Select(Meet)];
        }

        private void EndUntil(long now)
        {
            while (_ends.TryPeek(out var next, out var ended) && ended < now)
            {
                _ends.Dequeue();
                End(next);
            }
        }

        private void End(Pending pending)
        {
            var reached = new HashSet<State>();
            var visited = new HashSet<State>();
            foreach (var state in _states)
                Reach(state, pending, visited, reached);
            if (reached.Count == 0)
            {
                var what = pending.Operation?.ToString() ?? $"{units[pending.Ticket - 1]!.Issue}";
                throw new ContradictionException($"at no moment was it true: {what}; the coupon may have stood so: {string.Join(" | ", _states.Take(3))}");
            }

            var bit = 1UL << pending.Bit;
            if (_changes.Remove(pending))
            {
                _takenDone &= ~bit;
                reached = [.. reached.Select(state => state with { Done = state.Done & ~bit })];
            }
            else if (_answers.Remove(pending))
            {
                _takenMet &= ~bit;
                reached = [.. reached.Select(state => state with { Met = state.Met & ~bit })];
            }

            _states = reached;
        }

        // Goes no further than what ends needs: what comes after may as well happen later.
        private void Reach(State state, Pending pending, HashSet<State> visited, HashSet<State> reached)
        {
            if (!visited.Add(state))
                return;
            if (IsSo(pending, state))
            {
                reached.Add(state);
                return;
            }

            if (state.Count < units.Count && units[state.Count] is { } unit)
            {
                if (unit.Earliest <= pending.Ended && state.Policy.MayIssue(state.Count, unit.Issue.DateIssued))
                    Reach(Meet(state with { Count = state.Count + 1 }), pending, visited, reached);
            }
            else
            {
                foreach (var index in Finders(state, pending))
                    Reach(Meet(state with { Count = state.Count + 1, Found = state.Found | (BigInteger.One << index) }), pending, visited, reached);
            }

            foreach (var change in _changes.Where(change => (state.Done & (1UL << change.Bit)) == 0))
            {
                var policy = state.Policy.With((Question.Change)change.Operation!.Question);
                if (policy.TotalQuantity < state.Count)
                    continue;
                if (change.Operation.Told is Told.Changed { Coupon: var told } && !(told.IssuedQuantity == state.Count && policy.IsShownBy(told)))
                    continue;
                Reach(Meet(state with { Policy = policy, Done = state.Done | (1UL << change.Bit) }), pending, visited, reached);
            }
        }

        // Of those who wait for no answer any more one is as good as the other.
        private IEnumerable<int> Finders(State state, Pending pending)
        {
            var oneIsFree = false;
            foreach (var (index, one) in lost.Index())
            {
                if (one.Earliest > pending.Ended)
                    yield break;
                if (!((state.Found >> index) & BigInteger.One).IsZero || !state.Policy.MayIssue(state.Count, one.At))
                    continue;
                var isFree = !_answers.Exists(answer => answer.Operation!.Question is Question.Issue issue && issue.UserId == one.UserId);
                if (isFree && oneIsFree)
                    continue;
                oneIsFree |= isFree;
                yield return index;
            }
        }

        private static bool IsSo(Pending pending, State state) => pending.Operation switch
        {
            null => state.Count >= pending.Ticket,
            { Question: Question.Change, Told: Told.Changed } => (state.Done & (1UL << pending.Bit)) != 0,
            _ => (state.Met & (1UL << pending.Bit)) != 0,
        };

        private State Meet(State state)
        {
            foreach (var answer in _answers.Where(answer => IsTrue(answer.Operation!, state)))
                state = state with { Met = state.Met | (1UL << answer.Bit) };
            return state;
        }

        private bool IsTrue(Operation operation, State state)
        {
            if (operation.Question is Question.Issue issue && _ticketOf.TryGetValue(issue.UserId, out var ticket) && ticket <= state.Count)
                return false;
            if (operation.Question is Question.Issue asking && _lost.TryGetValue(asking.UserId, out var index) && !((state.Found >> index) & BigInteger.One).IsZero)
                return false;
            return operation.Told switch
            {
                Told.Stopped => state.Policy.Stopped,
                Told.SoldOut => !state.Policy.Stopped && state.Count >= state.Policy.TotalQuantity,
                Told.OutsidePeriod => !state.Policy.Stopped && !(state.Count >= state.Policy.TotalQuantity) && !state.Policy.IsOpenAt(operation.At),
                Told.Shown told => told.Coupon.IssuedQuantity == state.Count && state.Policy.IsShownBy(told.Coupon),
                Told.BelowIssued => ((Question.Change)operation.Question).TotalQuantity < state.Count,
                Told.Stands told => told.Status == state.Policy.StatusAt(told.Status.CouponId, state.Count, operation.At),
                _ => throw new ArgumentException($"{operation} says nothing about all.", nameof(operation)),
            };
        }

        private static int Take(ref ulong taken)
        {
            for (var bit = 0; bit < Bits; bit++)
            {
                if ((taken & (1UL << bit)) == 0)
                {
                    taken |= 1UL << bit;
                    return bit;
                }
            }

            throw new NotSupportedException($"More than {Bits} answers of one kind were under way at once.");
        }
    }

    private static long EndOf(Operation operation) => operation.Told is Told.Unknown ? long.MaxValue : operation.Ended;

    private static long? UserOf(Question question) => question switch
    {
        Question.Issue issue => issue.UserId,
        Question.Find find => find.UserId,
        Question.Use use => use.UserId,
        _ => null,
    };

    private static Issue? IssueIn(Told told) => told switch
    {
        Told.Issued issued => issued.Issue,
        Told.Held held => held.Issue,
        Told.Used used => used.Issue,
        _ => null,
    };

    // The rules of the domain, once more: a model that shared its code would share its errors.
    private static bool IsOpenAt(this Policy policy, DateTimeOffset at) => at >= policy.DateIssueStart && at < policy.DateIssueEnd;

    private static bool MayIssue(this Policy policy, int issued, DateTimeOffset at) => !policy.Stopped && !(issued >= policy.TotalQuantity) && policy.IsOpenAt(at);

    private static Policy With(this Policy policy, Question.Change change) => policy with
    {
        Title = change.Title ?? policy.Title,
        TotalQuantity = change.TotalQuantity ?? policy.TotalQuantity,
        DateIssueStart = change.DateIssueStart ?? policy.DateIssueStart,
        DateIssueEnd = change.DateIssueEnd ?? policy.DateIssueEnd,
        Stopped = change.Stopped ?? policy.Stopped,
    };

    private static bool IsShownBy(this Policy policy, CouponView coupon) =>
        (coupon.Title, coupon.TotalQuantity, coupon.DateIssueStart, coupon.DateIssueEnd, coupon.Stopped)
            == (policy.Title, policy.TotalQuantity, policy.DateIssueStart, policy.DateIssueEnd, policy.Stopped);

    private static Status StatusAt(this Policy policy, long couponId, int issued, DateTimeOffset at)
    {
        var state = policy.Stopped ? "STOPPED"
            : issued >= policy.TotalQuantity ? "SOLD_OUT"
            : at < policy.DateIssueStart ? "NOT_OPEN"
            : at >= policy.DateIssueEnd ? "ENDED"
            : "OPEN";
        return new(couponId, state, issued, policy.TotalQuantity, policy.TotalQuantity - issued);
    }
}
