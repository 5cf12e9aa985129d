using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace CouponAkka.Contracts.Tests;

/// <summary>What stands in a vendor's journal, and what crosses the wire to and from it.</summary>
public sealed class VendorCodecTests : EntityCodecTests<VendorEvent, VendorCommand, VendorReply>
{
    private const long VendorId = 77;

    private static readonly Timestamp Start = new(1_700_000_000_000_000);
    private static readonly Cause Use = new("coupon", 4711, 42);
    private static readonly VendorView View = new(VendorId, "치킨", 300, 2, At(1), At(2));

    protected override char Letter => 'v';

    protected override IReadOnlyList<(object Message, string Manifest, string Hex)> Released { get; } =
    [
        (new VendorNamed("치킨", 300, 2, At(1)), "vn", "0A06ECB998ED82A810AC021802208180F9C0C1C48203"),
        (new VendorNamed("A", 0, 0, At(1)), "vn", "0A0141208180F9C0C1C48203"),
        (
            new VendorCredited(Use, 3, 4711, 300, 4, 9, 150, At(2)),
            "vc",
            "0A0D0A06636F75706F6E10E724182A100318E72420AC0228043009389601408280F9C0C1C48203"),
        (new VendorCredited(Use, 1, 4711, 300, 4, null, 0, At(2)), "vc", "0A0D0A06636F75706F6E10E724182A100118E72420AC022804408280F9C0C1C48203"),
        (
            new VendorSnapshot(VendorId, "치킨", At(1), At(2), 300, 2, [Use, new("order", 1, 5)], At(3)),
            "snapshot",
            "0A06ECB998ED82A8108180F9C0C1C48203188280F9C0C1C4820320AC022802320D0A06636F75706F6E10E724182A320B0A056F7264657210011805388380F9C0C1C48203"),
        (
            new VendorSnapshot(VendorId, null, default, default, 0, 1, [Use], At(3)),
            "snapshot",
            "2801320D0A06636F75706F6E10E724182A388380F9C0C1C48203"),
        (new PutVendor("치킨"), "put", "0A06ECB998ED82A8"),
        (GetVendor.Instance, "get", ""),
        (new CreditVendor(Use, 4711, 300, 4, 9, 150), "credit", "0A0D0A06636F75706F6E10E724182A10E72418AC0220092896013004"),
        (new CreditVendor(Use, 4711, 300, 4, null, 0), "credit", "0A0D0A06636F75706F6E10E724182A10E72418AC023004"),
        (new VendorSaved(View, Created: true), "saved", "0A06ECB998ED82A810AC0218022001288180F9C0C1C48203308280F9C0C1C48203"),
        (new VendorSaved(View), "saved", "0A06ECB998ED82A810AC021802288180F9C0C1C48203308280F9C0C1C48203"),
        (new VendorFound(View), "found", "0A06ECB998ED82A810AC021802288180F9C0C1C48203308280F9C0C1C48203"),
        (Credited.Instance, "credited", ""),
        (new VendorRefused(VendorRefusal.NotExist), "refused", "0801"),
    ];

    protected override IReadOnlyDictionary<string, object> Impossible { get; } = new Dictionary<string, object>
    {
        ["no name"] = new VendorNamed("", 0, 0, At(1)),
        ["a negative balance"] = new VendorNamed("A", -1, 0, At(1)),
        ["a negative number of payouts"] = new VendorNamed("A", 0, -1, At(1)),
        ["no time"] = new VendorNamed("A", 0, 0, new(long.MaxValue)),
        ["no number"] = new VendorCredited(Use, 0, 4711, 300, 4, 9, 150, At(2)),
        ["no cause's kind"] = new VendorCredited(Use with { Kind = "" }, 1, 4711, 300, 4, 9, 150, At(2)),
        ["no cause's number"] = new VendorCredited(Use with { Number = 0 }, 1, 4711, 300, 4, 9, 150, At(2)),
        ["a negative amount"] = new VendorCredited(Use, 1, 4711, 300, 4, 9, -1, At(2)),
        ["no order's id"] = new CreditVendor(Use, 4711, 300, 4, 0, 150),
        ["no coupon"] = new CreditVendor(Use, 0, 300, 4, 9, 150),
        ["no user"] = new CreditVendor(Use, 4711, 0, 4, 9, 150),
        ["no ticket"] = new CreditVendor(Use, 4711, 300, 0, 9, 150),
        ["put no name"] = new PutVendor(""),
        ["a snapshot of a negative balance"] = new VendorSnapshot(VendorId, null, default, default, -1, 1, [Use], At(3)),
        ["a snapshot of no cause"] = new VendorSnapshot(VendorId, null, default, default, 0, 1, [Use with { Id = 0 }], At(3)),
    };

    protected override Gen<object> Any => Gen.OneOf(
        from name in Generate.Titles
        from balance in Generate.Amounts
        from payouts in Generate.Amounts
        from at in Generate.Times
        from other in Generate.Times
        from causes in Causes.ListOf()
        from message in Gen.Elements<object>(
            new VendorNamed(name, balance, payouts, at),
            new PutVendor(name),
            new VendorFound(new(VendorId, name, balance, payouts, at, other)),
            new VendorSaved(new(VendorId, name, balance, payouts, at, other), Created: true),
            new VendorSnapshot(VendorId, name, at, other, balance, payouts, [.. causes], at),
            new VendorSnapshot(VendorId, null, default, default, balance, payouts, [.. causes], at))
        select message,
        from cause in Causes
        from number in Generate.Ids
        from couponId in Generate.Ids
        from userId in Generate.Ids
        from ticket in Generate.Ids
        from orderId in Generate.OrNone(Generate.Ids)
        from amount in Generate.Amounts
        from at in Generate.Times
        from message in Gen.Elements<object>(
            new VendorCredited(cause, number, couponId, userId, ticket, orderId, amount, at),
            new CreditVendor(cause, couponId, userId, ticket, orderId, amount))
        select message);

    [Fact]
    public void What_can_not_be_is_refused_with_its_place_and_its_cause()
    {
        AssertRefused("Vendor 77, number 42", "The cause is missing.", () => Event("vc", new Wire.VendorCredited { Number = 1, At = 1 }));
        AssertRefused("Vendor 77, number 42", "The time is missing.", () => Event("vn", new Wire.VendorNamed { Name = "A" }));
        AssertRefused("Vendor 77, number 42", "No event has this manifest.", () => Event("cc", new Wire.VendorNamed()));
        AssertRefused("Vendor 77, number 42", "The time of the last event is missing.", () => VendorEventCodec.DecodeSnapshot(VendorId, 42, []));
        AssertRefused("Vendor 77", "No command has this manifest.", () => VendorMessageCodec.DecodeCommand(VendorId, new("new", default)));
        AssertRefused("Vendor 77", "No reply has this manifest.", () => VendorMessageCodec.DecodeReply(VendorId, new("new", default)));
        AssertRefused("Vendor 77", "Reason 0 is not known.", () => VendorMessageCodec.DecodeReply(VendorId, new("refused", default)));

        static object Event(string manifest, IMessage message) => VendorEventCodec.Decode(VendorId, 42, manifest, message.ToByteArray(), out _);
    }

    protected override (string Manifest, byte[] Payload) Encode(object message) => message switch
    {
        VendorEvent happened => (VendorEventCodec.Manifest(happened), VendorEventCodec.Encode(happened)),
        VendorSnapshot snapshot => (Snapshot, VendorEventCodec.EncodeSnapshot(snapshot)),
        VendorCommand command => (VendorMessageCodec.Encode(command).Manifest, VendorMessageCodec.Encode(command).Payload.ToArray()),
        _ => (VendorMessageCodec.Encode((VendorReply)message).Manifest, VendorMessageCodec.Encode((VendorReply)message).Payload.ToArray()),
    };

    protected override object Decode(object kind, byte[] payload) => kind switch
    {
        VendorEvent happened => VendorEventCodec.Decode(VendorId, SequenceNumber, VendorEventCodec.Manifest(happened), payload, out _),
        VendorSnapshot => VendorEventCodec.DecodeSnapshot(VendorId, SequenceNumber, payload),
        VendorCommand command => VendorMessageCodec.DecodeCommand(VendorId, new(Encode(command).Manifest, payload)),
        _ => VendorMessageCodec.DecodeReply(VendorId, new(Encode(kind).Manifest, payload)),
    };

    protected override byte[] Encode(VendorEvent happened, string traceParent) => VendorEventCodec.Encode(happened, traceParent);

    protected override VendorEvent Decode(string manifest, byte[] payload, out string? traceParent) =>
        VendorEventCodec.Decode(VendorId, SequenceNumber, manifest, payload, out traceParent);

    protected override void AssertSame(object expected, object actual)
    {
        if (expected is not VendorSnapshot snapshot)
        {
            base.AssertSame(expected, actual);
            return;
        }

        var other = Assert.IsType<VendorSnapshot>(actual);
        Assert.Equal(snapshot.Taken, other.Taken);
        Assert.Equal(snapshot, other with { Taken = snapshot.Taken });
    }

    private static Gen<Cause> Causes =>
        from kind in Gen.Elements("coupon", "order") from id in Generate.Ids from number in Generate.Ids select new Cause(kind, id, number);

    private static Timestamp At(long microseconds) => new(Start.UnixMicroseconds + microseconds);
}
