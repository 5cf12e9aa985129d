using System.Runtime.InteropServices;

namespace CouponAkka.Engine.Writing;

/// <summary>
/// What one entity has decided and not yet answered: the events that gather for the next journal write, the events of
/// the write on its way, and the replies that rest on either. It keeps two rules.
/// <list type="bullet">
/// <item>The reply rule: a reply, yes or no, leaves only when every event decided before it is durable.</item>
/// <item>The failure rule: after a write that failed or timed out nothing decided since is known, so everyone who waits
/// hears "unknown" and the entity recovers from the journal.</item>
/// </list>
/// At most one write is on its way. There is no timer and no batch size: while one write runs, the next one gathers.
/// Not thread-safe: the entity's one writer owns it.
/// </summary>
/// <typeparam name="TEvent">An event of the entity.</typeparam>
/// <typeparam name="TReply">A reply together with whoever waits for it.</typeparam>
public sealed class GroupCommit<TEvent, TReply>
{
    private List<TEvent> _gathered = [];
    private List<TReply> _waitingForGathered = [];
    private List<TEvent> _inFlight = [];
    private List<TReply> _waitingForInFlight = [];
    private bool _writing;

    /// <summary>A write has begun and is neither <see cref="Committed"/> nor <see cref="Failed"/>.</summary>
    public bool Writing => _writing;

    /// <summary>Nothing decided is pending, so a reply that comes with no event of its own may leave at once.</summary>
    public bool Idle => !_writing && _gathered.Count == 0;

    /// <summary>A write can begin: events have gathered and none is on its way.</summary>
    public bool CanBegin => !_writing && _gathered.Count > 0;

    /// <summary>Takes a decision that has an event: its reply waits until that event is durable.</summary>
    public void Add(TEvent decided, TReply reply)
    {
        _gathered.Add(decided);
        _waitingForGathered.Add(reply);
    }

    /// <summary>Takes a decision whose reply is given to <see cref="Wait"/> before anything else happens: one reply may answer several decisions.</summary>
    public void Add(TEvent decided) => _gathered.Add(decided);

    /// <summary>Takes a reply that has no event of its own and rests on what was decided before it.</summary>
    /// <exception cref="InvalidOperationException">Nothing is pending: the reply may leave at once.</exception>
    public void Wait(TReply reply)
    {
        if (Idle)
            throw new InvalidOperationException("Nothing is pending, so the reply may leave at once and must not wait.");
        (_gathered.Count > 0 ? _waitingForGathered : _waitingForInFlight).Add(reply);
    }

    /// <summary>
    /// Begins the next write: all that has gathered, in the order decided. The list is valid until
    /// <see cref="Committed"/> or <see cref="Failed"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not <see cref="CanBegin"/>.</exception>
    public IReadOnlyList<TEvent> Begin()
    {
        if (!CanBegin)
            throw new InvalidOperationException("A write begins when events have gathered and no other write is on its way.");
        (_gathered, _inFlight) = (_inFlight, _gathered);
        (_waitingForGathered, _waitingForInFlight) = (_waitingForInFlight, _waitingForGathered);
        _writing = true;
        return _inFlight;
    }

    /// <summary>The write is durable: moves the replies that may leave now, in the order decided, to <paramref name="released"/>.</summary>
    /// <exception cref="InvalidOperationException">No write is on its way.</exception>
    public void Committed(List<TReply> released)
    {
        if (!_writing)
            throw new InvalidOperationException("No write is on its way.");
        _writing = false;
        _inFlight.Clear();
        Release(_waitingForInFlight, released);
    }

    /// <summary>
    /// The write failed, timed out, or can't be made: moves everyone who waits, in the order decided, to
    /// <paramref name="unknown"/> and forgets every pending event. The state that was decided on must be thrown away too.
    /// </summary>
    public void Failed(List<TReply> unknown)
    {
        _writing = false;
        _inFlight.Clear();
        _gathered.Clear();
        Release(_waitingForInFlight, unknown);
        Release(_waitingForGathered, unknown);
    }

    private static void Release(List<TReply> from, List<TReply> to)
    {
        to.AddRange(CollectionsMarshal.AsSpan(from));
        from.Clear();
    }
}
