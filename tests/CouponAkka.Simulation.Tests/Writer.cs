using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Simulation.Tests;

/// <summary>
/// What <c>EntityActor</c> does, step by step, without Akka: a shell as thin around the same <see cref="Coupon"/>, <see cref="GroupCommit{TEvent,TReply}"/>,
/// <see cref="WriterLease{TReply}"/>, <see cref="Followers"/> and <see cref="PendingAnswers"/>. Who changes the one changes the other.
/// </summary>
internal sealed class Writer
{
    private static readonly EntityKey Key = new(CouponKind.Instance, Scenario.CouponId);

    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(2);

    private readonly Node _node;
    private readonly GroupCommit<object, PendingAnswers> _commit = new();
    private readonly WriterLease<PendingAnswers> _lease = new();
    private readonly Followers _followers;
    private readonly List<PendingAnswers> _released = [];
    private readonly List<(object Message, IActorRef Asker)> _early = [];
    private readonly List<(IActorRef Asker, CouponRequest Request)> _deferred = [];
    private readonly List<(IActorRef Asker, FollowCoupon Follow)> _following = [];
    private readonly Coupon _coupon = new(Scenario.CouponId);
    private object[] _onItsWay = [];
    private TimeSpan _writeBegan;
    private long _write;
    private long _leasesTimer;
    private long _last;
    private long _lastFence;
    private bool _handedOver;
    private bool _recovered;
    private bool _compared;
    private bool _checking;
    private bool _fencing;
    private bool _handingOver;
    private bool _waitingOut;
    private bool _watched;
    private bool _stopping;
    private bool _stopped;

    public Writer(Node node)
    {
        _node = node;
        _followers = new Followers(node.Clock);
        node.World.Tell(node.Name, $"wakes");
        node.Journal.Read(node, Recover);
    }

    private TimeSpan Now => _node.Clock.GetElapsedTime(0);

    private bool IsYoung => _lease.Left(Now) > WriterLease.Length / 2;

    private bool Has(Bug bug) => _node.World.Has(bug);

    public void Receive(object message, IActorRef asker)
    {
        if (!_recovered)
            _early.Add((message, asker));
        else if (message is CouponRequest request)
            Answer(request, asker);
        else if (message is FollowCoupon follow)
            Follow(follow, asker);
    }

    /// <summary>As soon as nothing is pending.</summary>
    public void Stop()
    {
        _stopping = true;
        if (_recovered && !_stopped)
            StopWhenIdle();
    }

    private void Recover(object[] rows)
    {
        if (Has(Bug.RecoveryMissesTheLastEvent) && rows is [.., CouponEvent and not CouponCreated])
            rows[^1] = WriterFence.Instance;
        foreach (var row in rows)
        {
            _last++;
            switch (row)
            {
                case CouponUsed when Has(Bug.RecoveryForgetsUses):
                    break;
                case CouponEvent happened:
                    _coupon.Evolve(Has(Bug.RecoveryForgetsHolders) ? WithoutHolders(happened) : happened);
                    if (!Has(Bug.TrustsAnOldHandOver))
                        _handedOver = false;
                    if (happened is CouponCreated)
                        _lastFence = _last;
                    break;
                case WriterFence fence:
                    _handedOver = fence.IsHandedOver || (_handedOver && Has(Bug.TrustsAnOldHandOver));
                    if (!fence.IsHandedOver)
                        _lastFence = _last;
                    break;
            }
        }

        Recovered();
    }

    private void Recovered()
    {
        _recovered = true;
        if (!Has(Bug.NewWriterForgetsEdgesLeases))
            _followers.Recovered();
        if (_coupon.Exists)
            TakeOver();
        foreach (var (message, asker) in _early)
            Receive(message, asker);
        _early.Clear();
    }

    private void TakeOver()
    {
        if (_node.Stopped.Take(Key) is { } last && last <= _last && (_lastFence <= last || Has(Bug.TrustsAnOldStop)))
            _handedOver = true;
        if (Has(Bug.NoFence))
        {
            Check();
        }
        else
        {
            _fencing = true;
            _commit.Add(WriterFence.Instance);
            BeginWrite();
        }
    }

    private void Answer(CouponRequest request, IActorRef asker)
    {
        if (_stopped || (_handingOver && !Has(Bug.AnswersAfterHandingOver)))
        {
            PendingAnswers.TellUnavailable(CouponKind.Instance, asker, request, _node);
            return;
        }

        if (MustWait(request, asker))
            return;
        var decided = _lease.Moment(Now);
        var now = Timestamp.From(_node.Clock.GetUtcNow());
        var replies = new CouponReply[request.Commands.Count];
        var hasEvents = false;
        for (var i = 0; i < replies.Length; i++)
        {
            var decision = _coupon.Decide(request.Commands[i], now);
            replies[i] = (CouponReply)decision.Reply;
            if (decision.Event is null)
                continue;
            _coupon.Evolve(decision.Event);
            _commit.Add(decision.Event);
            hasEvents = true;
        }

        var answers = new PendingAnswers(asker, request, replies, decided, hasEvents);
        if (Has(Bug.AnswersBeforeTheCommit) || (Has(Bug.RefusesBeforeTheCommit) && !hasEvents))
        {
            answers.Tell(_node, closed: false);
            if (hasEvents)
                BeginWrite();
            return;
        }

        if (!_commit.Idle && !(_handingOver && !hasEvents))
        {
            _commit.Wait(answers);
            BeginWrite();
            return;
        }

        if (!Covers(decided))
        {
            _lease.Wait(decided, answers);
            Release();
            return;
        }

        Tell(answers, closed: _followers.AreWelcome(_coupon));
        if (!IsYoung)
            Check();
    }

    private bool Covers(TimeSpan decided) => _lease.Covers(decided) || _handingOver || (Has(Bug.LeaseNeverEnds) && _lease.HeldFor(Now) <= TimeSpan.Zero);

    private bool MustWait(CouponRequest request, IActorRef asker)
    {
        if (Has(Bug.ChangeWaitsForNoLease))
            return false;
        var wait = _followers.MustWait(request);
        if (wait is null && (_deferred.Count == 0 || _deferred.TrueForAll(deferred => !deferred.Asker.Equals(asker))))
            return false;
        _deferred.Add((asker, request));
        if (wait is { } left)
        {
            var timer = ++_leasesTimer;
            _node.After(left, () =>
            {
                if (timer == _leasesTimer && !_stopped)
                    AnswerDeferred();
            });
        }

        return true;
    }

    private void AnswerDeferred()
    {
        var deferred = _deferred.ToArray();
        _deferred.Clear();
        foreach (var (asker, request) in deferred)
            Answer(request, asker);
    }

    private void BeginWrite()
    {
        if (!_commit.CanBegin)
            return;
        if (!_compared)
        {
            Check();
            return;
        }

        _onItsWay = Coalesce(_commit.Begin());
        _write++;
        _writeBegan = _lease.Moment(Now);
        WatchWrite();
        Write();
    }

    private void Write()
    {
        var write = _write;
        _node.Journal.Write(_node, _last + 1, _onItsWay, taken =>
        {
            if (_stopped || write != _write || !_commit.Writing)
                return;
            if (taken || Has(Bug.FailedWriteToldAsDone))
                Committed();
            else if (Has(Bug.FailedWriteIsRepeated))
                _node.Journal.Read(_node, rows => WriteAgain(rows.Length));
            else if (Has(Bug.FailedWriteKeepsTheState))
                ForgetTheWrite();
            else
                End();
        });
    }

    private void WriteAgain(int last)
    {
        if (_stopped)
            return;
        _last = last;
        Write();
    }

    private void ForgetTheWrite()
    {
        _released.Clear();
        _commit.Failed(_released);
        foreach (var waiting in _released)
            waiting.TellGivenUp(CouponKind.Instance, mayHaveLanded: true, _node);
        _node.Journal.Read(_node, rows => _last = rows.Length);
    }

    private void Committed()
    {
        foreach (var row in _onItsWay)
            _followers.Happened(++_last, row as CouponEvent);
        _released.Clear();
        _commit.Committed(_released);
        if (_handingOver)
        {
            if (!Has(Bug.AnswersAfterHandingOver))
                End();
            return;
        }

        if (_fencing && !_handedOver && !Has(Bug.NoWaitingOut))
            _lease.TookOver(Now);
        _fencing = false;
        _lease.Proved(Has(Bug.LeaseCountsFromTheEndOfTheProof) ? _lease.Moment(Now) : _writeBegan, exists: true);
        foreach (var answers in _released)
            _lease.Wait(answers.Decided, answers);
        BeginWrite();
        Release();
    }

    private void Release()
    {
        _released.Clear();
        _lease.Release(Now, _released);
        var closed = _released.Count > 0 && _commit.Idle && _followers.AreWelcome(_coupon);
        foreach (var answers in _released)
            Tell(answers, closed);
        if (_lease.NeedsProof)
            Check();
        if (!_waitingOut && _lease.Waiting && _lease.HeldFor(Now) is { Ticks: > 0 } held)
        {
            _waitingOut = true;
            _node.After(held + TimeSpan.FromMilliseconds(1), () =>
            {
                _waitingOut = false;
                if (!_stopped)
                    Release();
            });
        }

        // A coupon that does not exist is not remembered.
        if (_released.Count > 0 && !_coupon.Exists && !_lease.Waiting)
            _node.Later(_node.World.Between(0.1, 30), Stop);
        StopWhenIdle();
    }

    private void Tell(PendingAnswers answers, bool closed)
    {
        if (Has(Bug.AnswersOfAGroupAreMixedUp))
            Array.Reverse(answers.Replies);
        answers.Tell(_node, closed);
    }

    private void Check()
    {
        if (_checking || _commit.Writing || _handingOver)
            return;
        _checking = true;
        var (last, write, began) = (_last, _write, _lease.Moment(Now));
        var answered = false;
        _node.Journal.Look(_node, end => Hear(end));
        _node.After(WriteTimeout, () => Hear(null));

        void Hear(long? end)
        {
            if (_stopped || answered)
                return;
            answered = true;
            _checking = false;
            if (end is { } number)
                Checked(number, last, write, began);
            else if (write != _write)
                Release();
            else
                End();
        }
    }

    private void Checked(long end, long last, long write, TimeSpan began)
    {
        if (end > last && write == _write && !Has(Bug.CheckOverlooksAnotherWriter))
        {
            End();
            return;
        }

        if (end == last || Has(Bug.CheckOverlooksAnotherWriter))
            _lease.Proved(Has(Bug.LeaseCountsFromTheEndOfTheProof) ? _lease.Moment(Now) : began, exists: last > 0 || Has(Bug.NotExistingHasALease));
        _compared = true;
        BeginWrite();
        foreach (var (asker, follow) in _following)
            AnswerFollower(follow, asker);
        _following.Clear();
        Release();
    }

    private void WatchWrite()
    {
        if (_watched)
            return;
        _watched = true;
        var watched = _write;
        _node.After(WriteTimeout, () =>
        {
            _watched = false;
            if (_stopped || !_commit.Writing)
                return;
            if (watched == _write)
                End();
            else
                WatchWrite();
        });
    }

    private void StopWhenIdle()
    {
        if (!_stopping || _handingOver || !_commit.Idle || _lease.Waiting)
            return;
        foreach (var (asker, request) in _deferred)
            PendingAnswers.TellUnavailable(CouponKind.Instance, asker, request, _node);
        _deferred.Clear();
        if (!_compared || !_coupon.Exists || _lease.HeldFor(Now) > TimeSpan.Zero)
        {
            End();
            return;
        }

        _handingOver = true;
        _commit.Add(WriterFence.HandedOver);
        BeginWrite();
    }

    // However it ends, those who wait are told.
    private void End()
    {
        _stopped = true;
        _node.World.Tell(_node.Name, $"ends its writer after event {_last}");
        var wrote = _commit.Writing;
        if (_coupon.Exists && (_fencing ? _handedOver : _lease.HeldFor(Now) <= TimeSpan.Zero))
            _node.Stopped.Stopped(Key, _last);
        _released.Clear();
        _lease.Failed(_released);
        foreach (var waiting in _released)
            waiting.TellGivenUp(CouponKind.Instance, mayHaveLanded: waiting.HasEvents, _node);

        _released.Clear();
        _commit.Failed(_released);
        foreach (var waiting in _released)
            waiting.TellGivenUp(CouponKind.Instance, mayHaveLanded: wrote && !Has(Bug.FailedWriteToldAsNothing), _node);

        foreach (var (asker, request) in _deferred)
            PendingAnswers.TellUnavailable(CouponKind.Instance, asker, request, _node);
        _node.Ended(this);
    }

    private void Follow(FollowCoupon follow, IActorRef asker)
    {
        if (_coupon.Exists && _commit.Idle && !_handingOver && !IsYoung && !Has(Bug.EdgesLeaseOutlivesTheWriters))
        {
            _following.Add((asker, follow));
            Check();
            return;
        }

        AnswerFollower(follow, asker);
    }

    private void AnswerFollower(FollowCoupon follow, IActorRef asker)
    {
        var left = Has(Bug.EdgesLeaseOutlivesTheWriters) ? WriterLease.Length : _lease.Left(Now);
        var answer = _commit.Idle && !_handingOver
            ? _followers.Answer(follow, _coupon, _last, left)
            : new FollowedCoupon(follow.CouponId, follow.Number);
        if (answer is not null)
        {
            asker.Tell(answer, _node);
            return;
        }

        var encoded = new SnapshotEncoded(_last, CouponSnapshotCodec.Encode(_coupon.TakeSnapshot()));
        _node.Later(_node.World.Between(0.1, 10), () =>
        {
            if (!_stopped)
                _followers.Encoded(encoded);
        });
        asker.Tell(new FollowedCoupon(follow.CouponId, follow.Number), _node);
    }

    private static CouponEvent WithoutHolders(CouponEvent happened) => happened switch
    {
        CouponsIssued issued => new CouponsIssued([.. issued.Issues.Select(issue => issue with { UserId = 1_000 + issue.Ticket })]),
        CouponUsed used => used with { UserId = 1_000 + used.Ticket },
        _ => happened,
    };

    private static object[] Coalesce(IReadOnlyList<object> gathered)
    {
        var fence = gathered[0] as WriterFence;
        var events = CouponEvent.Coalesce([.. gathered.Skip(fence is null ? 0 : 1).Cast<Event>()]);
        return fence is null ? [.. events] : [fence, .. events];
    }
}
