using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Writing;

namespace CouponAkka.Sharded.Entities;

/// <summary>
/// What one coupon allows edges to refuse without asking. While nobody can be issued anything, edges may hold a copy of the coupon and
/// refuse from it, for as long as a lease lasts; until the last lease is over, nothing that would make a refusal untrue is decided.
/// So a refusal from a copy is as true as the coupon's own, and a change waits for <see cref="Lease"/> at most.
/// </summary>
/// <remarks>
/// An edge counts its lease from when it asked and the coupon from when it answers, each by a clock that only runs forward, so the
/// edge's ends first. It never lasts longer than the writer's own (<see cref="WriterLease{TReply}"/>), so who waits out that one waits out
/// both. A writer to whom the coupon was handed over does not, and knows no leases: it decides changes as if it had just granted one.
/// </remarks>
internal sealed class Followers(TimeProvider clock)
{
    /// <summary>How long at most an edge may refuse from memory before it must ask again.</summary>
    public static readonly TimeSpan Lease = WriterLease.Length;

    /// <summary>How far two clocks in the cluster may differ: so near to its start or end a period is not left to edges.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    /// <summary>How much of a snapshot is sent at once, in bytes: well below the largest frame of Akka.Remote.</summary>
    public const int PartLength = 64 * 1024;

    /// <summary>For how long after it was last asked for a snapshot is kept.</summary>
    public static readonly TimeSpan SnapshotKept = TimeSpan.FromSeconds(10);

    private const int MostEventsKept = 256;

    // All of them fit in one frame.
    private const int MostBytesKept = 512 * 1024;

    private readonly Queue<NumberedEvent> _recent = [];
    private int _recentBytes;
    private long _leasedUntil;
    private long _noLeaseBefore;
    private SnapshotEncoded? _snapshot;
    private long _snapshotFetched;
    private bool _encoding;

    /// <summary>A writer has taken over.</summary>
    public void Recovered() => _leasedUntil = After(WriterLease.WaitedOut);

    /// <summary>An event is durable.</summary>
    public void Happened(long sequenceNumber, CouponEvent? happened)
    {
        _recent.Enqueue(new NumberedEvent(sequenceNumber, happened));
        _recentBytes += MostBytesOf(happened);
        while (_recent.Count > MostEventsKept || _recentBytes > MostBytesKept)
            _recentBytes -= MostBytesOf(_recent.Dequeue().Event);
        // A copy that is told of each use as it comes costs more than it saves.
        if (happened is CouponUsed)
            _noLeaseBefore = After(Lease);
    }

    /// <summary>How long the request must wait because it might make untrue what edges are telling; null if it need not.</summary>
    public TimeSpan? MustWait(IEntityRequest request)
    {
        var left = clock.GetElapsedTime(clock.GetTimestamp(), _leasedUntil);
        if (left <= TimeSpan.Zero || !request.Commands.Any(command => command is PolicyCommand))
            return null;
        _noLeaseBefore = After(left + Lease);
        return left + TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Whether edges should follow the coupon: it is closed, and is not just being used or changed.</summary>
    public bool AreWelcome(Coupon coupon)
    {
        var now = Timestamp.From(clock.GetUtcNow());
        return coupon.IsClosedAt(now) && coupon.IsClosedAt(now.Plus(ClockSkew)) && coupon.IsClosedAt(now.Plus(-ClockSkew))
            && clock.GetTimestamp() >= _noLeaseBefore;
    }

    /// <summary>The answer, or null if a snapshot must be encoded first. Asked only while nothing is pending.</summary>
    /// <param name="sequenceNumber">Of the coupon's last event.</param>
    /// <param name="left">Of the writer's own lease.</param>
    public FollowedCoupon? Answer(FollowCoupon follow, Coupon coupon, long sequenceNumber, TimeSpan left)
    {
        ForgetSnapshot();
        if (left <= TimeSpan.Zero || !AreWelcome(coupon))
            return new FollowedCoupon(follow.CouponId, follow.Number);
        if (follow.FetchedUpTo is { } fetched && _snapshot?.SequenceNumber == follow.SequenceNumber)
            return PartOf(_snapshot, follow, fetched);
        if (follow.FetchedUpTo is null && EventsSince(follow.SequenceNumber, sequenceNumber) is { } events)
        {
            var duration = left < Lease ? left : Lease;
            _leasedUntil = Math.Max(_leasedUntil, After(WriterLease.WaitOut(duration)));
            return new CouponLease(follow.CouponId, follow.Number, events, duration);
        }

        if (_snapshot is not null && EventsSince(_snapshot.SequenceNumber, sequenceNumber) is not null)
            return PartOf(_snapshot, follow, 0);
        if (_encoding)
            return new FollowedCoupon(follow.CouponId, follow.Number);
        _encoding = true;
        return null;
    }

    public void Encoded(SnapshotEncoded snapshot)
    {
        _encoding = false;
        _snapshot = snapshot;
        _snapshotFetched = clock.GetTimestamp();
    }

    public void NotEncoded() => _encoding = false;

    /// <summary>Lets the bytes go that nobody has fetched any of for a while; whether there are none now.</summary>
    public bool ForgetSnapshot()
    {
        if (clock.GetElapsedTime(_snapshotFetched) > SnapshotKept)
            _snapshot = null;
        return _snapshot is null;
    }

    private CouponSnapshotPart PartOf(SnapshotEncoded snapshot, FollowCoupon follow, long fetched)
    {
        _snapshotFetched = clock.GetTimestamp();
        var offset = (int)Math.Clamp(fetched, 0, snapshot.Bytes.Length);
        return new CouponSnapshotPart(
            follow.CouponId, follow.Number, snapshot.SequenceNumber, offset, snapshot.Bytes.Length,
            snapshot.Bytes.AsMemory(offset, Math.Min(PartLength, snapshot.Bytes.Length - offset)));
    }

    // Null if some of them are not remembered.
    private NumberedEvent[]? EventsSince(long known, long last)
    {
        if (known > 0 && known == last)
            return [];
        return known > 0 && known < last && _recent.TryPeek(out var oldest) && oldest.SequenceNumber <= known + 1
            ? [.. _recent.Where(numbered => numbered.SequenceNumber > known)]
            : null;
    }

    // As CouponEventCodec encodes it: a user takes eight bytes at most, the time since the issue before it ten.
    private static int MostBytesOf(CouponEvent? happened) => happened switch
    {
        CouponsIssued issued => 64 + (18 * issued.Issues.Length),
        CouponChanged changed => 128 + (3 * changed.Title.Length),
        CouponCreated created => 128 + (3 * created.Policy.Title.Length),
        _ => 128,
    };

    private long After(TimeSpan duration) => clock.GetTimestamp() + (long)(duration.TotalSeconds * clock.TimestampFrequency);
}

/// <summary>A snapshot as bytes, for edges to fetch part by part.</summary>
internal sealed record SnapshotEncoded(long SequenceNumber, byte[] Bytes);

/// <summary>A snapshot could not be made bytes.</summary>
internal sealed record SnapshotNotEncoded(Exception Cause);
