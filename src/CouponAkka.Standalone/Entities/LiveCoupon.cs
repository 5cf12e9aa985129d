using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Engine.Writing;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Entities;

/// <summary>
/// One coupon awake in memory. Whoever asks decides at once, under the coupon's lock; only writing is left to
/// <see cref="JournalWriter"/>. Once retired it is dead, and a new one recovers from the journal.
/// </summary>
internal sealed class LiveCoupon(Coupon coupon, RecoveredFrom recovered)
{
    private readonly Lock _gate = new();
    private readonly GroupCommit<CouponEvent, PendingReply> _commit = new();
    private readonly TracesWaiting _traces = new();
    private readonly WriteSpan _span = new(coupon.CouponId);
    private SnapshotSchedule _snapshots = new(recovered);
    private long _sequenceNumber = recovered.SequenceNumber;
    private long _lastAskedTicks = Environment.TickCount64;
    private bool _queued;
    private bool _retired;

    public long CouponId => coupon.CouponId;

    /// <summary>Decides, unless this is no longer the coupon's writer.</summary>
    /// <param name="writable">The journal takes writes; while it does not, what would need one is unavailable.</param>
    /// <param name="wantsWrite">The caller must hand the coupon to the <see cref="JournalWriter"/>.</param>
    public bool TryAsk(CouponCommand command, TimeProvider clock, bool writable, out ValueTask<CouponReply> reply, out bool wantsWrite)
    {
        wantsWrite = false;
        lock (_gate)
        {
            if (_retired)
            {
                reply = default;
                return false;
            }

            _lastAskedTicks = Environment.TickCount64;
            // Read under the lock, so that times run with tickets.
            var decision = coupon.Decide(command, Timestamp.From(clock.GetUtcNow()));
            if (decision.Event is null)
            {
                if (_commit.Idle)
                {
                    reply = new(decision.Reply);
                    return true;
                }

                var waiting = new PendingReply(decision.Reply);
                reply = waiting.Task;
                _commit.Wait(waiting);
                return true;
            }

            if (!writable)
            {
                reply = new(CouponReply.Unavailable);
                return true;
            }

            coupon.Evolve(decision.Event);
            var pending = new PendingReply(decision.Reply);
            reply = pending.Task;
            _commit.Add(decision.Event, pending);
            _traces.Add(CouponTraces.OfThisRequest);
            wantsWrite = !_queued && !_commit.Writing;
            _queued |= wantsWrite;
            return true;
        }
    }

    /// <summary>Begins a write of all that has gathered; none if there is nothing, or the coupon is retired.</summary>
    public bool TryBegin(out JournalWrite write, out SnapshotToSave? snapshot)
    {
        lock (_gate)
        {
            _queued = false;
            write = default;
            snapshot = null;
            if (_retired || !_commit.CanBegin)
                return false;
            var events = CouponEvent.Coalesce(_commit.Begin());
            write = new(CouponId, _sequenceNumber + 1, events, _span.Begin(_traces.Take()));
            _sequenceNumber += events.Count;
            // Everything decided is in this write, so the state is what the journal will hold when the write is durable.
            if (_snapshots.IsDueAfter(events.Count, coupon.IssuedQuantity))
                snapshot = new(_sequenceNumber, coupon.TakeSnapshot());
            return true;
        }
    }

    /// <summary>The write is durable: its replies go to <paramref name="released"/>. True if more has gathered, which the caller must write.</summary>
    public bool Committed(List<PendingReply> released)
    {
        lock (_gate)
        {
            if (_retired)
                return false;
            _commit.Committed(released);
            _span.End(durable: true);
            return _queued = _commit.CanBegin;
        }
    }

    /// <summary>A write failed or timed out: the state is thrown away and all who wait go to <paramref name="unknown"/>.</summary>
    public void Fail(List<PendingReply> unknown)
    {
        lock (_gate)
        {
            _retired = true;
            _commit.Failed(unknown);
            _span.End(durable: false);
        }
    }

    /// <summary>Retires the coupon if nothing is pending and nobody has asked for <paramref name="idle"/>, or it does not exist.</summary>
    public bool TryRetire(TimeSpan idle)
    {
        lock (_gate)
        {
            if (_commit.Idle && (!coupon.Exists || Environment.TickCount64 - _lastAskedTicks >= idle.TotalMilliseconds))
                _retired = true;
            return _retired;
        }
    }
}

/// <summary>A snapshot that is true once event <paramref name="SequenceNumber"/> is durable.</summary>
internal sealed record SnapshotToSave(long SequenceNumber, CouponSnapshot Snapshot);
