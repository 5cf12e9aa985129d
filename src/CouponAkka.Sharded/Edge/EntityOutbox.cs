using Akka.Actor;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// The way to one entity: one request is on its way, and everyone who asks meanwhile is in the next. So messages grow with the crowd,
/// as the groups in the journal do. Any thread may use it.
/// </summary>
internal class EntityOutbox(EntityKey key, IWaysToEntities ways, IActorRef replyTo, TimeProvider clock)
{
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Queue<(Command Command, PendingReply Reply)> _gathered = [];
    private readonly TracesWaiting _traces = new();
    private Command[] _sent = [];
    private List<PendingReply> _waiting = [];
    private long _number;
    private long _sentAt;
    private TimeSpan _nextProbe;
    private bool _onItsWay;
    private bool _retired;
    private IActorRef? _sentTo;

    /// <summary>Whether it is of use although nobody waits.</summary>
    protected virtual bool IsKept => false;

    private IActorRef? Way => ways.Of(key);

    /// <summary>Sends the command as soon as the request before it is answered; false if this is no longer the way to the entity.</summary>
    public bool TryAsk(Command command, out ValueTask<Reply> reply)
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
    public List<PendingReply> Answered(long number, IReadOnlyList<Reply> replies)
    {
        lock (_gate)
        {
            if (!_onItsWay || number < _number)
                return [];
            if (number > _number)
                return GiveUpSent();
            if (replies.Count != _sent.Length)
                return [];
            for (var i = 0; i < _sent.Length; i++)
                _waiting[i].Reply = Completed(_sent[i], replies[i]);
            return Finish();
        }
    }

    /// <summary>
    /// Sends a question after a request that has been on its way for half a second, and again after twice as long. Messages to an entity stay
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
            Way?.Tell(Question(RequestNumber.Next()), replyTo);
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
                reply.Reply = key.Kind.Unavailable;
                unanswered.Add(reply);
            }

            _gathered.Clear();
            if (_onItsWay)
                unanswered.AddRange(GiveUpSent());
        }

        ReplyDispatcher.Dispatch(unanswered);
    }

    /// <summary>Retires the outbox if it is of no use now.</summary>
    public bool TryRetire()
    {
        lock (_gate)
        {
            _retired |= !_onItsWay && _gathered.Count == 0 && !IsKept;
            return _retired;
        }
    }

    /// <summary>Sends what needs no answer in order.</summary>
    protected void SendAside(object message) => Way?.Tell(message, replyTo);

    /// <inheritdoc cref="Weight.Most"/>
    protected virtual int WeightOf(Command command) => Weight.OfAnything;

    /// <summary>For <see cref="Request"/> to take.</summary>
    protected virtual Command[] NewCommands(int count) => new Command[count];

    protected virtual object Request(long number, Command[] commands, IReadOnlyList<string> traces) => new EntityRequest(key, number, commands, traces);

    /// <summary>What any entity of the kind answers, and nothing comes of.</summary>
    protected virtual object Question(long number) => new EntityRequest(key, number, [], []);

    /// <summary>How long a request may take before it is asked after.</summary>
    protected virtual TimeSpan ProbedAfter(Command[] commands) => FirstProbe;

    /// <summary>The reply with what the wire leaves out. Nothing else happens meanwhile.</summary>
    protected virtual Reply Completed(Command command, Reply reply) => reply;

    private List<PendingReply> GiveUpSent()
    {
        for (var i = 0; i < _sent.Length; i++)
            _waiting[i].Reply = _sentTo is null ? key.Kind.Unavailable : key.Kind.Lost(_sent[i]);
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
        var sent = new List<Command>(_gathered.Count);
        _waiting = new List<PendingReply>(_gathered.Count);
        for (var weight = 0; _gathered.TryPeek(out var next) && (weight += WeightOf(next.Command)) <= Weight.Most; _gathered.Dequeue())
        {
            sent.Add(next.Command);
            _waiting.Add(next.Reply);
        }

        _sent = NewCommands(sent.Count);
        sent.CopyTo(_sent);
        _number = RequestNumber.Next();
        _sentAt = clock.GetTimestamp();
        _nextProbe = ProbedAfter(_sent);
        _onItsWay = true;
        _sentTo = Way;
        _sentTo?.Tell(Request(_number, _sent, _traces.Take()), replyTo);
    }
}

/// <summary>Numbers what this process sends, so that an answer that comes late is never taken for another's.</summary>
internal static class RequestNumber
{
    private static long _last;

    public static long Next() => Interlocked.Increment(ref _last);
}
