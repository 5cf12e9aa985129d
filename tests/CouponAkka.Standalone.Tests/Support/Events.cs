using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Standalone.Journal;

namespace CouponAkka.Standalone.Tests.Support;

/// <summary>Events to put into a journal by hand.</summary>
internal static class Events
{
    private static readonly Timestamp At = new(1_700_000_000_000_000);

    public static EntityKey Key(long couponId) => new(CouponKind.Instance, couponId);

    public static CouponCreated Created(long? total = null) => new(EngineInProcess.Policy(total), At);

    /// <summary>Units issued to these users, from this ticket on.</summary>
    public static CouponsIssued Issued(long firstTicket, params long[] userIds) =>
        new([.. userIds.Select((userId, i) => new CouponIssued(userId, firstTicket + i, At))]);

    public static CouponUsed Used(long userId, long ticket) => new(userId, ticket, 20_000, 1_000, 3, At);

    /// <summary>A new coupon with these events after its creation.</summary>
    public static JournalWrite Coupon(long couponId, params CouponEvent[] events) => new(Key(couponId), 1, [Created(), .. events]);

    public static List<Event> Read(this EventJournal journal, long couponId) =>
        [.. journal.ReadEntity(Events.Key(couponId), 0).Select(row => row.Decode(CouponKind.Instance))];
}
