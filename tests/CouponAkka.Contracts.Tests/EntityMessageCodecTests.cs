namespace CouponAkka.Contracts.Tests;

/// <summary>What crosses the wire between an edge and an entity of any kind but a coupon.</summary>
public sealed class EntityMessageCodecTests
{
    // As the first version that had kinds wrote it: it never changes.
    private const string Released = "0A07636F756E746572" + "1007" + "1803" + "220A0A05636F756E74120105" + "22050A03676574" + "7A0161";

    private static readonly EncodedMessage Message = new("counter", 7, 3, [new("count", new byte[] { 5 }), new("get", ReadOnlyMemory<byte>.Empty)], ["a"]);

    [Fact]
    public void A_message_has_the_bytes_that_it_always_had() => Assert.Equal(Released, Convert.ToHexString(EntityMessageCodec.Encode(Message)));

    [Fact]
    public void What_was_encoded_is_decoded_part_by_part()
    {
        var decoded = EntityMessageCodec.Decode(EntityMessageCodec.Request, Convert.FromHexString(Released));

        Assert.Equal((Message.Kind, Message.Id, Message.Number), (decoded.Kind, decoded.Id, decoded.Number));
        Assert.Equal(["count", "get"], decoded.Parts.Select(part => part.Manifest));
        Assert.Equal([[5], []], decoded.Parts.Select(part => part.Payload.ToArray()));
        Assert.Equal(["a"], decoded.TraceParents);
    }

    [Theory]
    [InlineData("0A07636F")]
    [InlineData("1007")]
    [InlineData("FF")]
    public void What_is_damaged_or_has_no_number_is_refused(string bytes) =>
        Assert.Throws<UnreadableMessageException>(() => EntityMessageCodec.Decode(EntityMessageCodec.Answers, Convert.FromHexString(bytes)));
}
