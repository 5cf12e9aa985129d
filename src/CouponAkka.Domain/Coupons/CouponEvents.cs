namespace CouponAkka.Domain.Coupons;

/// <summary>A fact about one coupon.</summary>
public abstract record CouponEvent : Event
{
    /// <summary>
    /// The same facts in fewer events: neighbouring <see cref="CouponsIssued"/> become one, so that a group of issues is
    /// one row of the journal.
    /// </summary>
    public static List<Event> Coalesce(IReadOnlyList<Event> events)
    {
        var coalesced = new List<Event>();
        for (var first = 0; first < events.Count;)
        {
            var next = first + 1;
            while (events[first] is CouponsIssued && next < events.Count && events[next] is CouponsIssued)
                next++;
            coalesced.Add(next - first == 1 ? events[first] : Merge(events, first, next));
            first = next;
        }

        return coalesced;
    }

    private static CouponsIssued Merge(IReadOnlyList<Event> events, int first, int end)
    {
        var issues = new List<CouponIssued>(end - first);
        for (var i = first; i < end; i++)
            issues.AddRange(((CouponsIssued)events[i]).Issues);
        return new CouponsIssued([.. issues]);
    }
}

/// <summary>The coupon exists from <paramref name="At"/> on.</summary>
public sealed record CouponCreated(CouponPolicy Policy, Timestamp At) : CouponEvent;

/// <summary>The four things about a coupon that may change are now these.</summary>
public sealed record CouponChanged(
    string Title,
    long? TotalQuantity,
    Timestamp DateIssueStart,
    Timestamp DateIssueEnd,
    Timestamp At) : CouponEvent;

/// <summary>Nobody is issued anything from here on.</summary>
public sealed record IssuingStopped(Timestamp At) : CouponEvent;

/// <summary>Units are issued again as the policy says.</summary>
public sealed record IssuingResumed(Timestamp At) : CouponEvent;

/// <summary>Units were issued, in the order of their tickets, which go on from the last one without a hole.</summary>
public sealed record CouponsIssued(CouponIssued[] Issues) : CouponEvent
{
    public bool Equals(CouponsIssued? other) => other is not null && Issues.AsSpan().SequenceEqual(other.Issues);

    public override int GetHashCode() => HashCode.Combine(Issues.Length, Issues.FirstOrDefault());
}

/// <summary>One unit, as it was issued.</summary>
public readonly record struct CouponIssued(long UserId, long Ticket, Timestamp DateIssued);

/// <summary>
/// A unit was used. Carries what a reaction needs to pay the vendor, so that none has to look at a coupon that may have
/// changed since.
/// </summary>
/// <param name="DiscountAmount">What the unit takes off: of an order, no more than its amount.</param>
/// <param name="OrderId">The order that it was held for; null where it was used without one.</param>
public sealed record CouponUsed(
    long UserId,
    long Ticket,
    long? OrderAmount,
    long DiscountAmount,
    long? VendorId,
    Timestamp DateUsed,
    long? OrderId = null) : CouponEvent;

/// <summary>A unit is held for an order: nobody can use it, nor another order hold it.</summary>
/// <param name="DiscountAmount">What it takes off the order, no more than its amount.</param>
public sealed record CouponHeld(long UserId, long Ticket, long OrderId, long OrderAmount, long DiscountAmount, Timestamp At) : CouponEvent;

/// <summary>No unit can be held for the order. An event, since the order hears by events alone.</summary>
public sealed record HoldRefused(long OrderId, RefusalReason Reason, Timestamp At) : CouponEvent;

/// <summary>The unit is free again.</summary>
public sealed record HoldReleased(long Ticket, long OrderId, Timestamp At) : CouponEvent;
