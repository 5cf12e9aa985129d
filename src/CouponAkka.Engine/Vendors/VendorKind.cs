using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Engine.Vendors;

/// <summary>Vendors: credited by what happens to coupons.</summary>
public sealed class VendorKind : EntityKind<VendorEvent, VendorSnapshot>
{
    public static readonly VendorKind Instance = new();

    private VendorKind()
    {
    }

    public override int Number => 2;

    public override string Name => Vendor.Kind;

    public override Reply OutcomeUnknown => VendorReply.OutcomeUnknown;

    public override Reply Unavailable => VendorReply.Unavailable;

    public override Reply Lost(Command command) => command is GetVendor ? Unavailable : OutcomeUnknown;

    public override IEntity New(long id) => new Vendor(id);

    public override IEntity From(long id, Snapshot snapshot) => Vendor.From((VendorSnapshot)snapshot with { VendorId = id });

    public override string ManifestOf(Event happened) => VendorEventCodec.Manifest((VendorEvent)happened);

    public override byte[] Encode(Event happened, string? traceParent) => VendorEventCodec.Encode((VendorEvent)happened, traceParent);

    public override Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent) =>
        VendorEventCodec.Decode(id, sequenceNumber, manifest, payload, out traceParent);

    public override byte[] EncodeSnapshot(Snapshot snapshot) => VendorEventCodec.EncodeSnapshot((VendorSnapshot)snapshot);

    public override Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload) =>
        VendorEventCodec.DecodeSnapshot(id, sequenceNumber, payload);

    public override IKindMessages Messages { get; } = new VendorMessages();

    public override IReadOnlyList<Reaction> Reactions { get; } =
        [Reaction.To<CouponUsed>(CouponKind.Instance.Name, CouponEventCodec.Used, VendorReactions.On)];

    public override VendorDocument ViewOf(long id, string? before) => new VendorDocument(id, before);

    public override IReadOnlyList<string> Notifications => VendorNotifications.All;

    public override NotificationLine LineOf(long id, Event happened, int index) => VendorNotifications.LineOf(id, (VendorEvent)happened);

    private sealed class VendorMessages : IKindMessages
    {
        public EncodedPart Encode(Command command) => VendorMessageCodec.Encode((VendorCommand)command);

        public Command DecodeCommand(long id, EncodedPart encoded) => VendorMessageCodec.DecodeCommand(id, encoded);

        public EncodedPart Encode(Reply reply) => VendorMessageCodec.Encode((VendorReply)reply);

        public Reply DecodeReply(long id, EncodedPart encoded) => VendorMessageCodec.DecodeReply(id, encoded);
    }
}

/// <summary>Vendors among all entities.</summary>
public static class VendorEntities
{
    /// <summary>Asks the one writer of a vendor.</summary>
    public static ValueTask<Reply> AskAsync(this IEntities entities, long vendorId, VendorCommand command) =>
        entities.AskAsync(VendorKind.Instance, vendorId, command);
}
