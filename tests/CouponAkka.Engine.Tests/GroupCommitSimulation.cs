using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Writing;
using FsCheck;
using FsCheck.Fluent;
using static CouponAkka.Domain.Tests.Coupons.CouponScenario;

namespace CouponAkka.Engine.Tests;

/// <summary>Something that befalls a coupon and its journal.</summary>
internal abstract record Happening;

/// <summary>Somebody asks.</summary>
internal sealed record Ask(CouponCommand Command) : Happening;

/// <summary>Whoever heard "unknown" first asks again.</summary>
internal sealed record Retry : Happening;

/// <summary>The gathered events go to the disk.</summary>
internal sealed record BeginWrite : Happening;

/// <summary>The disk tells that all is written.</summary>
internal sealed record WriteSucceeds : Happening;

/// <summary>The write ends in an error or a time-out: all of it is durable, or nothing.</summary>
internal sealed record WriteFails(bool Landed) : Happening;

/// <summary>The process is killed: who waits hears nothing, and the write on its way landed or did not.</summary>
internal sealed record Kill(bool Landed) : Happening;

/// <summary>One try of a caller.</summary>
internal sealed record Call(CouponCommand Command, Timestamp At, Decision Decision, int FactsBefore, Call? EarlierTry)
{
    /// <summary>How many facts must be durable before the answer leaves.</summary>
    public int RestsOn => FactsBefore + (Decision.Event is null ? 0 : 1);

    /// <summary>What the caller heard; null while waiting.</summary>
    public CouponReply? Heard { get; set; }
}

/// <summary>
/// An engine in small: one coupon, one journal, writes that succeed, fail and lie, and callers who retry what is
/// unknown. It checks by itself that nobody is lost, told twice, or kept longer than needed.
/// </summary>
internal sealed class GroupCommitSimulation
{
    public const int Users = 5;

    private readonly List<CouponEvent> _journal;
    private readonly List<Call> _waiting = [];
    private readonly Queue<Call> _toRetry = new();
    private readonly Action<GroupCommitSimulation, Call>? _onAnswer;
    private GroupCommit<CouponEvent, Call> _commit = new();
    private IReadOnlyList<CouponEvent> _group = [];
    private CouponEvent[] _onItsWay = [];
    private Coupon _coupon;
    private Timestamp _now = Start;

    /// <param name="onAnswer">Sees each answer, yes or no, at the moment it leaves; "unknown" is none.</param>
    public GroupCommitSimulation(long? total, Happening[] happenings, Action<GroupCommitSimulation, Call>? onAnswer = null)
    {
        Total = total;
        _onAnswer = onAnswer;
        _journal = [Created(total)];
        _coupon = Recover(_journal.Count);
        foreach (var happening in happenings)
            Befall(happening);
        Settle();
    }

    public static Arbitrary<long?> AnyTotal { get; } =
        Arb.From(Gen.Frequency((4, Gen.Choose(0, Users).Select(long? (total) => total)), (1, Gen.Constant<long?>(null))));

    public static Arbitrary<Happening[]> AnyHappenings { get; } = Arb.Array(Arb.From(Gen.Frequency(
        (14, AnyAsk()),
        (3, Gen.Constant<Happening>(new Retry())),
        (5, Gen.Constant<Happening>(new BeginWrite())),
        (4, Gen.Constant<Happening>(new WriteSucceeds())),
        (2, Gen.Elements(true, false).Select(Happening (landed) => new WriteFails(landed))),
        (1, Gen.Elements(true, false).Select(Happening (landed) => new Kill(landed))))));

    public long? Total { get; }

    /// <summary>Every try, in the order decided.</summary>
    public List<Call> Calls { get; } = [];

    /// <summary>What is durable now: the rows of the journal, with their groups taken apart again.</summary>
    public List<CouponEvent> Facts => [.. _journal.SelectMany(Apart)];

    public IEnumerable<CouponIssue> DurableIssues =>
        Facts.OfType<CouponsIssued>()
            .SelectMany(issued => issued.Issues)
            .Select(issue => new CouponIssue(CouponId, issue.UserId, issue.Ticket, issue.DateIssued));

    /// <summary>The coupon as it comes back from the first facts that are durable.</summary>
    public Coupon Recover(int facts) => Given(Facts.Take(facts));

    private static IEnumerable<CouponEvent> Apart(CouponEvent row) =>
        row is CouponsIssued issued ? issued.Issues.Select(issue => new CouponsIssued([issue])) : [row];

    private static Gen<Happening> AnyAsk() => Gen.Frequency(
        (8, User().Select(Happening (user) => new Ask(new IssueCoupon(user)))),
        (3, User().Select(Happening (user) => new Ask(new UseCoupon(user)))),
        (1, User().Select(Happening (user) => new Ask(new FindIssue(user)))),
        (1, Gen.Constant<Happening>(new Ask(GetStatus.Instance))),
        (1, Gen.Elements("Sale", "Half price").Select(Happening (title) => new Ask(new ChangeCoupon(title)))));

    private static Gen<int> User() => Gen.Choose(1, Users);

    private void Befall(Happening happening)
    {
        _now = _now.Plus(1);
        switch (happening)
        {
            case Ask ask:
                Answer(ask.Command, null);
                break;
            case Retry when _toRetry.TryDequeue(out var unknown):
                Answer(unknown.Command, unknown);
                break;
            case BeginWrite when _commit.CanBegin:
                Begin();
                break;
            case BeginWrite:
                Assert.Throws<InvalidOperationException>(() => _commit.Begin());
                break;
            case WriteSucceeds when _commit.Writing:
                Succeed();
                break;
            case WriteSucceeds:
                Assert.Throws<InvalidOperationException>(() => _commit.Committed([]));
                break;
            case WriteFails fails:
                Fail(fails.Landed);
                break;
            case Kill kill:
                Land(kill.Landed);
                _commit = new();
                StartAgain([.. _waiting]);
                break;
        }
    }

    private void Answer(CouponCommand command, Call? earlierTry)
    {
        var pending = _waiting.Count(call => call.Decision.Event is not null);
        var call = new Call(command, _now, _coupon.Decide(command, _now), Facts.Count + pending, earlierTry);
        Calls.Add(call);
        _waiting.Add(call);
        if (call.Decision.Event is { } happened)
        {
            _coupon.Evolve(happened);
            _commit.Add(happened, call);
        }
        else if (_commit.Idle)
        {
            Assert.Throws<InvalidOperationException>(() => _commit.Wait(call));
            Leave([call]);
        }
        else
        {
            _commit.Wait(call);
        }
    }

    private void Begin()
    {
        Assert.Empty(_onItsWay);
        _group = _commit.Begin();
        _onItsWay = [.. _group];
    }

    private void Succeed()
    {
        Assert.Equal(_onItsWay, _group);
        Land(true);
        var released = new List<Call>();
        _commit.Committed(released);
        Leave(released);
        Assert.All(_waiting, call => Assert.True(call.RestsOn > Facts.Count, $"{call} is kept for no reason."));
    }

    private void Fail(bool landed)
    {
        Land(landed);
        var unknown = new List<Call>();
        _commit.Failed(unknown);
        StartAgain(unknown);
    }

    private void Land(bool landed)
    {
        if (landed)
            _journal.AddRange(CouponEvent.Coalesce(_onItsWay));
        _onItsWay = [];
    }

    private void StartAgain(List<Call> unknown)
    {
        Assert.Equal(_waiting, unknown);
        foreach (var call in unknown)
        {
            call.Heard = CouponReply.OutcomeUnknown;
            _toRetry.Enqueue(call);
        }

        _waiting.Clear();
        _coupon = Recover(Facts.Count);
    }

    /// <summary>In the order decided, and nobody twice: they are always the ones who wait longest.</summary>
    private void Leave(List<Call> released)
    {
        Assert.Equal(_waiting.Take(released.Count), released);
        _waiting.RemoveRange(0, released.Count);
        foreach (var call in released)
        {
            Assert.Null(call.Heard);
            call.Heard = call.Decision.Reply;
            _onAnswer?.Invoke(this, call);
        }
    }

    /// <summary>The disk is well again and everyone asks until they know.</summary>
    private void Settle()
    {
        do
        {
            while (_toRetry.Count > 0)
                Befall(new Retry());
            if (!_commit.Writing && _commit.CanBegin)
                Befall(new BeginWrite());
            if (_commit.Writing)
                Befall(new WriteSucceeds());
        }
        while (!_commit.Idle);

        Assert.Empty(_waiting);
    }
}
