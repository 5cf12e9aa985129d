using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Coupons;

/// <summary>Coupons, the first kind of entity.</summary>
public sealed class CouponKind : EntityKind<CouponEvent, CouponSnapshot>
{
    public static readonly CouponKind Instance = new();

    private CouponKind()
    {
    }

    public override int Number => 1;

    public override string Name => "coupon";

    public override Reply OutcomeUnknown => CouponReply.OutcomeUnknown;

    public override Reply Unavailable => CouponReply.Unavailable;

    public override Reply Lost(Command command) => CouponReply.Lost((CouponCommand)command);

    public override IEntity New(long id) => new Coupon(id);

    public override IEntity From(long id, Snapshot snapshot)
    {
        var taken = (CouponSnapshot)snapshot;
        return Coupon.From(taken.Coupon.CouponId == id ? taken : taken with { Coupon = taken.Coupon with { CouponId = id } });
    }

    public override IReadOnlyList<Event> Coalesce(IReadOnlyList<Event> events) => CouponEvent.Coalesce(events);

    public override string ManifestOf(Event happened) => CouponEventCodec.Manifest((CouponEvent)happened);

    public override byte[] Encode(Event happened, string? traceParent) => CouponEventCodec.Encode((CouponEvent)happened, traceParent);

    public override Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent) =>
        CouponEventCodec.Decode(id, sequenceNumber, manifest, payload, out traceParent);

    public override byte[] EncodeSnapshot(Snapshot snapshot) => CouponSnapshotCodec.Encode((CouponSnapshot)snapshot);

    public override Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload) =>
        CouponSnapshotCodec.Decode(id, sequenceNumber, payload);

    public override IKindMessages? Messages => null;

    public override IReadOnlyList<string> Notifications => CouponNotifications.All;

    public override int LinesOf(Event happened) => happened is CouponsIssued issued ? issued.Issues.Length : 1;

    public override NotificationLine LineOf(long id, Event happened, int index) => CouponNotifications.LineOf(id, (CouponEvent)happened, index);
}

/// <summary>Coupons among all entities.</summary>
public static class CouponEntities
{
    /// <summary>Asks the one writer of a coupon.</summary>
    public static ValueTask<Reply> AskAsync(this IEntities entities, long couponId, CouponCommand command) =>
        entities.AskAsync(CouponKind.Instance, couponId, command);
}
