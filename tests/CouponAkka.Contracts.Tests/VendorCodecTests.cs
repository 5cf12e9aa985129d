using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace CouponAkka.Contracts.Tests;

/// <summary>What stands in a vendor's journal, and what crosses the wire to and from it.</summary>
public sealed class VendorCodecTests
{
    private const long VendorId = 77;

    // Field 1000, which no message has: a number (7) and then a text ("new").
    private static readonly byte[] FieldsOfTheFuture = Convert.FromHexString("C03E07C23E036E6577");

    private static readonly Timestamp Start = new(1_700_000_000_000_000);
    private static readonly Cause Use = new("coupon", 4711, 42);
    private static readonly VendorView View = new(VendorId, "치킨", 300, 2, At(1), At(2));

    /// <summary>Every message with its manifest and its bytes as released. This list only grows.</summary>
    private static readonly (object Message, string Manifest, string Hex)[] Released =
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

    public static TheoryData<int> Messages => [.. Enumerable.Range(0, Released.Length)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_released_message_encodes_to_the_bytes_it_was_released_with(int message)
    {
        var (manifest, payload) = Encode(Released[message].Message);

        Assert.Equal((Released[message].Manifest, Released[message].Hex), (manifest, Convert.ToHexString(payload)));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Released_bytes_decode_to_the_message_they_were_also_with_fields_of_the_future(int message)
    {
        var (expected, _, hex) = Released[message];

        AssertSame(expected, Decode(expected, Convert.FromHexString(hex)));
        AssertSame(expected, Decode(expected, [.. Convert.FromHexString(hex), .. FieldsOfTheFuture]));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Bytes_cut_short_at_any_place_are_refused(int message)
    {
        var payload = Convert.FromHexString(Released[message].Hex);

        for (var length = 0; length < payload.Length; length++)
            Assert.Throws<UnreadableMessageException>(() => Decode(Released[message].Message, payload[..length]));
    }

    [Fact]
    public void Every_event_command_and_reply_is_in_the_released_list()
    {
        var listed = Released.Select(released => released.Message.GetType()).ToHashSet();

        foreach (var kind in (Type[])[typeof(VendorEvent), typeof(VendorCommand), typeof(VendorReply)])
            Assert.All(kind.Assembly.GetTypes().Where(type => type.IsSubclassOf(kind) && !type.IsAbstract), type => Assert.Contains(type, listed));
    }

    [Fact]
    public void An_event_has_a_manifest_of_two_letters_that_no_other_has()
    {
        var manifests = Released.Where(released => released.Message is VendorEvent).Select(released => released.Manifest).Distinct().ToList();

        Assert.All(manifests, manifest => Assert.Equal(2, manifest.Length));
        Assert.Empty(manifests.Intersect(Tests.Released.Messages.Values.Select(released => released.Manifest)));
    }

    [Fact]
    public void A_trace_comes_after_all_that_was_released_and_back_from_there()
    {
        foreach (var (message, manifest, hex) in Released.Where(released => released.Message is VendorEvent))
        {
            var payload = VendorEventCodec.Encode((VendorEvent)message, "00-a");

            Assert.Equal(hex + "7A0430302D61", Convert.ToHexString(payload));
            Assert.Equal(message, VendorEventCodec.Decode(VendorId, 1, manifest, payload, out var trace));
            Assert.Equal("00-a", trace);
            VendorEventCodec.Decode(VendorId, 1, manifest, Convert.FromHexString(hex), out var none);
            Assert.Null(none);
        }
    }

    [Fact]
    public void What_is_decoded_is_what_was_encoded() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2_000),
        Prop.ForAll(Any.ToArbitrary(), message => AssertSame(message, Decode(message, Encode(message).Payload))));

    [Fact]
    public void A_message_with_one_byte_changed_is_one_that_can_be_or_is_refused() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(10_000),
        Prop.ForAll(
            (from message in Any
             let payload = Encode(message).Payload
             where payload.Length > 0
             from place in Gen.Choose(0, payload.Length - 1)
             from value in Gen.Choose(0, 255)
             select (message, payload: payload.Select((old, i) => i == place ? (byte)value : old).ToArray())).ToArbitrary(),
            damaged => AssertPossibleOrRefused(damaged.message, damaged.payload)));

    [Fact]
    public void Random_bytes_are_a_message_that_can_be_or_are_refused() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(10_000),
        Prop.ForAll(
            (from kind in Gen.Elements(Released)
             from payload in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
             select (kind.Message, payload)).ToArbitrary(),
            random => AssertPossibleOrRefused(random.Message, random.payload)));

    public static TheoryData<string> WhatCanNotBe => [.. Impossible.Keys];

    private static Dictionary<string, object> Impossible => new()
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

    [Theory]
    [MemberData(nameof(WhatCanNotBe))]
    public void What_could_not_be_read_again_is_not_written(string what) => Assert.Throws<InvalidDataException>(() => Encode(Impossible[what]));

    [Fact]
    public void What_can_not_be_is_refused_with_its_place_and_its_cause()
    {
        IsRefused("Vendor 77, number 42", "The cause is missing.", () => Event("vc", new Wire.VendorCredited { Number = 1, At = 1 }));
        IsRefused("Vendor 77, number 42", "The time is missing.", () => Event("vn", new Wire.VendorNamed { Name = "A" }));
        IsRefused("Vendor 77, number 42", "No event has this manifest.", () => Event("cc", new Wire.VendorNamed()));
        IsRefused("Vendor 77, number 42", "The time of the last event is missing.", () => VendorEventCodec.DecodeSnapshot(VendorId, 42, []));
        IsRefused("Vendor 77", "No command has this manifest.", () => VendorMessageCodec.DecodeCommand(VendorId, new("new", default)));
        IsRefused("Vendor 77", "No reply has this manifest.", () => VendorMessageCodec.DecodeReply(VendorId, new("new", default)));
        IsRefused("Vendor 77", "Reason 0 is not known.", () => VendorMessageCodec.DecodeReply(VendorId, new("refused", default)));

        static object Event(string manifest, IMessage message) => VendorEventCodec.Decode(VendorId, 42, manifest, message.ToByteArray(), out _);

        static void IsRefused(string place, string cause, Func<object> decode)
        {
            var refused = Assert.Throws<UnreadableMessageException>(decode);
            Assert.StartsWith(place, refused.Message, StringComparison.Ordinal);
            Assert.EndsWith(cause, refused.Message, StringComparison.Ordinal);
        }
    }

    private static Gen<object> Any => Gen.OneOf(
        Gen.Elements(Released).Select(released => released.Message),
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

    private static Gen<Cause> Causes =>
        from kind in Gen.Elements("coupon", "order") from id in Generate.Ids from number in Generate.Ids select new Cause(kind, id, number);

    private static Timestamp At(long microseconds) => new(Start.UnixMicroseconds + microseconds);

    private static (string Manifest, byte[] Payload) Encode(object message) => message switch
    {
        VendorEvent happened => (VendorEventCodec.Manifest(happened), VendorEventCodec.Encode(happened)),
        VendorSnapshot snapshot => ("snapshot", VendorEventCodec.EncodeSnapshot(snapshot)),
        VendorCommand command => (VendorMessageCodec.Encode(command).Manifest, VendorMessageCodec.Encode(command).Payload.ToArray()),
        _ => (VendorMessageCodec.Encode((VendorReply)message).Manifest, VendorMessageCodec.Encode((VendorReply)message).Payload.ToArray()),
    };

    private static object Decode(object kind, byte[] payload) => kind switch
    {
        VendorEvent happened => VendorEventCodec.Decode(VendorId, 42, VendorEventCodec.Manifest(happened), payload, out _),
        VendorSnapshot => VendorEventCodec.DecodeSnapshot(VendorId, 42, payload),
        VendorCommand command => VendorMessageCodec.DecodeCommand(VendorId, new(Encode(command).Manifest, payload)),
        _ => VendorMessageCodec.DecodeReply(VendorId, new(Encode(kind).Manifest, payload)),
    };

    private static void AssertSame(object expected, object actual)
    {
        if (expected is not VendorSnapshot snapshot)
        {
            Assert.Equal(expected, actual);
            return;
        }

        var other = Assert.IsType<VendorSnapshot>(actual);
        Assert.Equal(snapshot.Taken, other.Taken);
        Assert.Equal(snapshot, other with { Taken = snapshot.Taken });
    }

    // What can be is what is written.
    private static void AssertPossibleOrRefused(object kind, byte[] payload)
    {
        object decoded;
        try
        {
            decoded = Decode(kind, payload);
        }
        catch (UnreadableMessageException)
        {
            return;
        }

        AssertSame(decoded, Decode(decoded, Encode(decoded).Payload));
    }
}
