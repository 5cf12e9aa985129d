using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts.Tests;

public sealed class ReleasedMessagesTests
{
    // Field 1000, which no message has: a number (7) and then a text ("new").
    private static readonly byte[] FieldsOfTheFuture = Convert.FromHexString("C03E07C23E036E6577");

    public static TheoryData<string> Names => Released.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_released_message_encodes_to_the_bytes_it_was_released_with(string name)
    {
        var (message, manifest, hex) = Released.Messages[name];

        Assert.Equal(hex, Convert.ToHexString(Codec.Encode(message)));
        Assert.Equal(manifest, Codec.Manifest(message));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Released_bytes_decode_to_the_message_they_were(string name)
    {
        var (message, _, hex) = Released.Messages[name];

        Codec.AssertSame(message, Codec.Decode(message, Convert.FromHexString(hex)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_field_that_a_future_version_added_is_passed_over(string name)
    {
        var (message, _, hex) = Released.Messages[name];

        Codec.AssertSame(message, Codec.Decode(message, [.. Convert.FromHexString(hex), .. FieldsOfTheFuture]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_cut_short_at_any_place_are_refused(string name)
    {
        var (message, _, hex) = Released.Messages[name];
        var payload = Convert.FromHexString(hex);

        for (var length = 0; length < payload.Length; length++)
            Assert.Throws<UnreadableMessageException>(() => Codec.Decode(message, payload[..length]));
    }

    public static TheoryData<string> Events => [.. Released.Messages.Where(released => released.Value.Message is CouponEvent).Select(released => released.Key)];

    [Theory]
    [MemberData(nameof(Events))]
    public void A_trace_comes_after_all_that_was_released_and_back_from_there(string name)
    {
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var (message, manifest, hex) = Released.Messages[name];

        var payload = CouponEventCodec.Encode((CouponEvent)message, trace);

        // Field 15, of 55 characters.
        Assert.Equal(hex + "7A37" + Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(trace)), Convert.ToHexString(payload));
        Assert.Equal(message, CouponEventCodec.Decode(Codec.CouponId, 1, manifest, payload, out var back));
        Assert.Equal(trace, back);
        Assert.Equal(message, CouponEventCodec.Decode(Codec.CouponId, 1, manifest, Convert.FromHexString(hex), out var none));
        Assert.Null(none);
    }

    public static TheoryData<string, string> Checksums => new()
    {
        { "snapshot", "7D" },
        { "snapshot, none used", "7D" },
        { "snapshot, none issued", "7D" },
        { "snapshot with holds, stopped", "7D" },
    };

    [Theory]
    [MemberData(nameof(Checksums))]
    public void A_checksum_comes_after_all_that_was_released_and_is_passed_over_by_who_does_not_know_it(string name, string tag)
    {
        var (message, _, hex) = Released.Messages[name];

        var payload = CouponSnapshotCodec.EncodeWithChecksum((CouponSnapshot)message);

        // Field 15, of four bytes.
        var state = Convert.FromHexString(hex);
        var checksum = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Append(uint.MaxValue, state));
        Assert.Equal(hex + tag + Convert.ToHexString(checksum), Convert.ToHexString(payload));
        Codec.AssertSame(message, CouponSnapshotCodec.Decode(Codec.CouponId, 1, payload));
    }

    [Fact]
    public void Every_event_and_every_command_is_in_the_released_list()
    {
        var listed = Released.Messages.Values.Select(released => released.Message.GetType()).ToHashSet();

        Assert.All(Concrete(typeof(CouponEvent)), type => Assert.Contains(type, listed));
        Assert.All(Concrete(typeof(CouponCommand)), type => Assert.Contains(type, listed));
    }

    [Fact]
    public void No_two_messages_share_a_manifest_of_two_letters()
    {
        var manifests = Released.Messages.Values.Select(released => (released.Message.GetType(), released.Manifest)).Distinct().ToList();

        Assert.All(manifests, named => Assert.Equal(2, named.Manifest.Length));
        Assert.Distinct(manifests.Select(named => named.Manifest));
    }

    private static IEnumerable<Type> Concrete(Type kind) =>
        kind.Assembly.GetTypes().Where(type => type.IsSubclassOf(kind) && !type.IsAbstract);
}
