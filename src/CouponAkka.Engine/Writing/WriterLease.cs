namespace CouponAkka.Engine.Writing;

/// <summary>How long a lease lasts, for who has it and for everybody else.</summary>
public static class WriterLease
{
    /// <summary>For how long after a proof was begun its writer may decide from memory, by its own clock.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait until somebody else's lease is over.</summary>
    public static readonly TimeSpan WaitedOut = WaitOut(Length);

    /// <summary>
    /// How long to wait until what somebody else may do for <paramref name="duration"/> is over: longer, for two clocks do not run equally
    /// fast. This bears that each is nine per cent too fast or too slow.
    /// </summary>
    public static TimeSpan WaitOut(TimeSpan duration) => 1.2 * duration;
}

/// <summary>
/// Until when what one writer of an entity answers from memory is true, although another may take over without telling it.
/// <see cref="GroupCommit{TEvent,TReply}"/> says when a reply rests on nothing but durable events; this says whether it may leave even so.
/// <list type="bullet">
/// <item>A proof is a durable write, or a check that the entity's last event is still the journal's last. One that was begun at a moment
/// shows that nobody had taken over by then, so whatever was decided from memory up to <see cref="WriterLease.Length"/> later is true.</item>
/// <item>A writer that takes over writes a fence first, after which the writer before it gets no proof any more, and keeps its own replies
/// back until <see cref="WriterLease.WaitedOut"/> after it knew the fence to be durable: by then all that the writer before it may tell is decided.</item>
/// </list>
/// Moments are of a clock that only runs forward, and of this process alone. Not thread-safe: the entity's one writer owns it.
/// </summary>
/// <typeparam name="TReply">A reply together with whoever waits for it.</typeparam>
public sealed class WriterLease<TReply>
{
    private readonly Queue<(TimeSpan Decided, TReply Reply)> _waiting = [];
    private TimeSpan _last = TimeSpan.MinValue;
    private TimeSpan _lastWaiting = TimeSpan.MinValue;
    private TimeSpan _provedUntil = TimeSpan.MinValue;
    private TimeSpan _heldUntil = TimeSpan.MinValue;

    /// <summary>Replies wait here.</summary>
    public bool Waiting => _waiting.Count > 0;

    /// <summary>Replies wait here for which a proof is needed that is begun now.</summary>
    public bool NeedsProof => Waiting && _lastWaiting > _provedUntil;

    /// <summary>The moment of a decision, or of the begin of a proof, at <paramref name="now"/>: of two, one is always the earlier.</summary>
    public TimeSpan Moment(TimeSpan now) => _last = now > _last ? now : _last + TimeSpan.FromTicks(1);

    /// <summary>The fence is durable, and the writer before may still be answering: nothing leaves until it has stopped.</summary>
    public void TookOver(TimeSpan now) => _heldUntil = now + WriterLease.WaitedOut;

    /// <summary>How long nothing leaves yet; zero or less if it may.</summary>
    public TimeSpan HeldFor(TimeSpan now) => _heldUntil == TimeSpan.MinValue ? TimeSpan.Zero : _heldUntil - now;

    /// <summary>A proof that was begun at <paramref name="began"/> has succeeded.</summary>
    /// <param name="exists">
    /// Whether the entity did when it was begun. One that does not has no fence, so the next writer does not wait: its proof shows only what
    /// was decided before it.
    /// </param>
    public void Proved(TimeSpan began, bool exists)
    {
        var until = exists ? began + WriterLease.Length : began;
        if (until > _provedUntil)
            _provedUntil = until;
    }

    /// <summary>How long a promise may last that is given at <paramref name="now"/>; zero or less if none can be given.</summary>
    public TimeSpan Left(TimeSpan now) => HeldFor(now) > TimeSpan.Zero || _provedUntil == TimeSpan.MinValue ? TimeSpan.Zero : _provedUntil - now;

    /// <summary>Whether a reply decided at <paramref name="decided"/> that rests on nothing but durable events may leave at once.</summary>
    public bool Covers(TimeSpan decided) => !Waiting && decided <= _provedUntil && decided >= _heldUntil;

    /// <summary>Takes a reply that rests on nothing but durable events, in the order decided.</summary>
    public void Wait(TimeSpan decided, TReply reply)
    {
        _waiting.Enqueue((decided, reply));
        _lastWaiting = decided;
    }

    /// <summary>Moves the replies that may leave at <paramref name="now"/>, in the order decided, to <paramref name="released"/>.</summary>
    public void Release(TimeSpan now, List<TReply> released)
    {
        if (HeldFor(now) > TimeSpan.Zero)
            return;
        while (_waiting.TryPeek(out var first) && first.Decided <= _provedUntil)
            released.Add(_waiting.Dequeue().Reply);
    }

    /// <summary>No proof can be had any more: moves everyone who waits, in the order decided, to <paramref name="unproved"/>.</summary>
    public void Failed(List<TReply> unproved)
    {
        while (_waiting.TryDequeue(out var waiting))
            unproved.Add(waiting.Reply);
    }
}
