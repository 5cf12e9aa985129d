using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Sharded.Edge;

/// <summary>
/// A copy of a coupon that is closed, from which an edge refuses without asking, for as long as its lease lasts. It decides by the same
/// <see cref="Coupon"/>; what would need an event it leaves to the coupon itself, and so it does what may have become untrue under the lease:
/// that a unit is unused. Any thread may use it.
/// </summary>
internal sealed class CouponCopy(long couponId, TimeProvider clock)
{
    private static readonly TimeSpan AnswerExpected = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Coupon? _coupon;
    private long _sequenceNumber;
    private byte[]? _fetched;
    private int _fetchedUpTo;
    private long _number;
    private long _asked;
    private bool _asking;
    private long _leasedFrom = clock.GetTimestamp();
    private long _leasedUntil;

    /// <summary>How many bytes the snapshot takes that this is a copy of, or is about to be.</summary>
    public long Length { get; private set; }

    /// <summary>When a lease was last granted, by the clock's timestamp.</summary>
    public long LastLeased => Volatile.Read(ref _leasedFrom);

    /// <summary>The refusal that the coupon itself would give, if the copy is leased and would refuse.</summary>
    /// <param name="follow">What to send to the coupon so that the lease goes on without a gap, or null.</param>
    public Reply? TryRefuse(IssueCoupon command, out FollowCoupon? follow)
    {
        follow = null;
        var now = clock.GetTimestamp();
        lock (_gate)
        {
            if (_coupon is null || now >= _leasedUntil)
                return null;
            if (now - _leasedFrom > (_leasedUntil - _leasedFrom) / 2)
                follow = Ask();
            var decision = _coupon.Decide(command, Timestamp.From(clock.GetUtcNow()));
            return decision.Event is null && !MayBeOld(decision.Reply) ? decision.Reply : null;
        }
    }

    /// <summary>The coupon is worth following: what to ask of it, or null if it was asked already.</summary>
    public FollowCoupon? Follow()
    {
        lock (_gate)
            return clock.GetTimestamp() < _leasedUntil ? null : Ask();
    }

    /// <summary>Takes what the coupon answered; returns what to ask next, or null.</summary>
    /// <exception cref="UnreadableMessageException">The snapshot is damaged.</exception>
    /// <exception cref="InvalidEventException">What it was told contradicts itself.</exception>
    public FollowCoupon? Followed(FollowedCoupon followed)
    {
        lock (_gate)
        {
            if (!_asking || followed.Number != _number)
                return null;
            _asking = false;
            switch (followed)
            {
                case CouponLease lease when _coupon is not null:
                    foreach (var (sequenceNumber, happened) in lease.Events)
                    {
                        if (happened is not null)
                            _coupon.Evolve(happened);
                        _sequenceNumber = sequenceNumber;
                    }

                    _leasedFrom = _asked;
                    _leasedUntil = _asked + (long)(lease.Duration.TotalSeconds * clock.TimestampFrequency);
                    return null;
                case CouponSnapshotPart part:
                    return Fetched(part);
                default:
                    _fetched = null;
                    return null;
            }
        }
    }

    // The coupon issues and changes nothing until the lease is over, but a holder may use a unit. That is never taken back, so a use that is known stays true.
    private static bool MayBeOld(Reply reply) => reply is Refused { Issue: { DateUsed: null } };

    private FollowCoupon? Fetched(CouponSnapshotPart part)
    {
        if (_fetched is null || _sequenceNumber != part.SequenceNumber || _fetchedUpTo != part.Offset)
        {
            _coupon = null;
            _fetched = part.Offset == 0 ? new byte[part.Length] : null;
            _sequenceNumber = part.SequenceNumber;
            _fetchedUpTo = 0;
            Length = part.Length;
        }

        if (_fetched is null)
            return null;
        part.Bytes.Span.CopyTo(_fetched.AsSpan(_fetchedUpTo));
        _fetchedUpTo += part.Bytes.Length;
        if (_fetchedUpTo == _fetched.Length)
        {
            _coupon = Coupon.From(CouponSnapshotCodec.Decode(couponId, _sequenceNumber, _fetched));
            _fetched = null;
        }

        return Ask();
    }

    private FollowCoupon? Ask()
    {
        if (_asking && clock.GetElapsedTime(_asked) < AnswerExpected)
            return null;
        _asking = true;
        _asked = clock.GetTimestamp();
        _number = RequestNumber.Next();
        return _fetched is not null
            ? new FollowCoupon(couponId, _number, _sequenceNumber, _fetchedUpTo)
            : new FollowCoupon(couponId, _number, _coupon is null ? 0 : _sequenceNumber);
    }
}
