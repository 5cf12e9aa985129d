using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// The way to one coupon: one request is on its way, and everyone who asks meanwhile is in the next. So messages grow with the crowd,
/// as the groups in the journal do. Any thread may use it.
/// </summary>
internal sealed class CouponOutbox(long couponId, IWaysToCoupons ways, IActorRef replyTo, TimeProvider clock)
{
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(500);

    // The coupon may keep a change waiting for more than a second (Followers).
    private static readonly TimeSpan FirstProbeOfChange = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<(CouponCommand Command, PendingReply Reply)> _gathered = [];
    private readonly TracesWaiting _traces = new();
    private CouponCommand[] _sent = [];
    private List<PendingReply> _waiting = [];
    private long _number;
    private long _sentAt;
    private TimeSpan _nextProbe;
    private bool _onItsWay;
    private bool _retired;
    private CouponCopy? _copy;
    private IActorRef? _sentTo;

    /// <summary>What refuses without asking, or null.</summary>
    public CouponCopy? Copy => Volatile.Read(ref _copy);

    /// <summary>Sends the command as soon as the request before it is answered; false if this is no longer the way to the coupon.</summary>
    public bool TryAsk(CouponCommand command, out ValueTask<Reply> reply)
    {
        var pending = new PendingReply();
        reply = pending.Task;
        lock (_gate)
        {
            if (_retired)
                return false;
            _gathered.Enqueue((command, pending));
            _traces.Add(CouponTraces.OfThisRequest);
            if (!_onItsWay)
                Send();
            return true;
        }
    }

    /// <summary>
    /// Completes the request in flight. Late and duplicate answers are ignored. An answer to a probe means that the request before it was lost: what came of
    /// it is unknown.
    /// </summary>
    /// <returns>Who is answered now.</returns>
    public List<PendingReply> Answered(CouponAnswers answers)
    {
        lock (_gate)
        {
            if (!_onItsWay || answers.Number < _number)
                return [];
            if (answers.Number > _number)
                return GiveUpSent();
            return answers.Replies.Count == _sent.Length ? Complete(answers.Replies) : [];
        }
    }

    /// <summary>
    /// Sends a question after a request that has been on its way for half a second, and again after twice as long. Messages to a coupon stay
    /// in order, and so do its answers to one edge, so once it answers the question, the request is lost: Akka drops what is on its way to a
    /// shard as it is handed over.
    /// </summary>
    public void Probe()
    {
        lock (_gate)
        {
            if (!_onItsWay || clock.GetElapsedTime(_sentAt) < _nextProbe)
                return;
            _nextProbe *= 2;
            Way?.Tell(new CouponRequest(couponId, RequestNumber.Next(), [GetStatus.Instance]), replyTo);
        }
    }

    /// <summary>
    /// Gives up a request that has been on its way for <paramref name="timeout"/>, or for <paramref name="silence"/> to a node that does not
    /// answer: what came of it is unknown. What could not be sent at all is unavailable.
    /// </summary>
    public void GiveUp(TimeSpan timeout, TimeSpan silence)
    {
        List<PendingReply> unanswered;
        lock (_gate)
        {
            var waited = clock.GetElapsedTime(_sentAt);
            if (!_onItsWay || (_sentTo is not null && waited < timeout && (waited < silence || ways.Answers(_sentTo))))
                return;
            unanswered = GiveUpSent();
        }

        ReplyDispatcher.Dispatch(unanswered);
    }

    /// <summary>Retires the outbox for good, for nothing can be sent any more: whoever waits is answered now.</summary>
    public void Close()
    {
        List<PendingReply> unanswered = [];
        lock (_gate)
        {
            _retired = true;
            foreach (var (_, reply) in _gathered)
            {
                reply.Reply = CouponReply.Unavailable;
                unanswered.Add(reply);
            }

            _gathered.Clear();
            if (_onItsWay)
                unanswered.AddRange(GiveUpSent());
        }

        ReplyDispatcher.Dispatch(unanswered);
    }

    /// <summary>Asks to follow the coupon, so that it can be refused without asking.</summary>
    public void Follow()
    {
        CouponCopy copy;
        lock (_gate)
            copy = _copy ??= new CouponCopy(couponId, clock);
        Send(copy.Follow());
    }

    public void Followed(FollowedCoupon followed) => Send(Copy?.Followed(followed));

    public void Send(FollowCoupon? follow)
    {
        if (follow is not null)
            Way?.Tell(follow, replyTo);
    }

    public void ForgetCopy() => Volatile.Write(ref _copy, null);

    /// <summary>Retires the outbox if it is of no use now: nobody waits, and there is no copy.</summary>
    public bool TryRetire()
    {
        lock (_gate)
        {
            _retired |= !_onItsWay && _gathered.Count == 0 && _copy is null;
            return _retired;
        }
    }

    private IActorRef? Way => ways.Of(couponId);

    private List<PendingReply> Complete(IReadOnlyList<CouponReply> replies)
    {
        for (var i = 0; i < _sent.Length; i++)
            _waiting[i].Reply = CouponMessageCodec.CompleteFrom(_sent[i], replies[i]);
        return Finish();
    }

    private List<PendingReply> GiveUpSent()
    {
        for (var i = 0; i < _sent.Length; i++)
            _waiting[i].Reply = _sentTo is null ? CouponReply.Unavailable : CouponReply.Lost(_sent[i]);
        return Finish();
    }

    private List<PendingReply> Finish()
    {
        var finished = _waiting;
        _onItsWay = false;
        if (_gathered.Count > 0)
            Send();
        return finished;
    }

    private void Send()
    {
        var sent = new List<CouponCommand>(_gathered.Count);
        _waiting = new List<PendingReply>(_gathered.Count);
        for (var weight = 0; _gathered.TryPeek(out var next) && (weight += Weight.Of(next.Command)) <= Weight.Most; _gathered.Dequeue())
        {
            sent.Add(next.Command);
            _waiting.Add(next.Reply);
        }

        _sent = [.. sent];

        _number = RequestNumber.Next();
        _sentAt = clock.GetTimestamp();
        _nextProbe = _sent.Any(command => command is PolicyCommand) ? FirstProbeOfChange : FirstProbe;
        _onItsWay = true;
        _sentTo = Way;
        _sentTo?.Tell(new CouponRequest(couponId, _number, _sent, _traces.Take()), replyTo);
    }
}

/// <summary>Numbers what this process sends, so that an answer that comes late is never taken for another's.</summary>
internal static class RequestNumber
{
    private static long _last;

    public static long Next() => Interlocked.Increment(ref _last);
}
