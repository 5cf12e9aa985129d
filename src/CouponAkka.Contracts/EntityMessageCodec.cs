using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>One command or reply, as its kind's own codec encoded it.</summary>
/// <param name="Manifest">The name of what it is, which never changes, of its kind alone.</param>
public readonly record struct EncodedPart(string Manifest, ReadOnlyMemory<byte> Payload);

/// <summary>What is asked of one entity of whatever kind, or what it answers, in order.</summary>
/// <param name="Number">The asker's own; the answers carry it.</param>
/// <param name="TraceParents">Of those who ask.</param>
public sealed record EncodedMessage(string Kind, long Id, long Number, IReadOnlyList<EncodedPart> Parts, IReadOnlyList<string> TraceParents);

/// <summary>
/// What crosses the wire between an edge and an entity of any kind but a coupon, as bytes. It knows no kind: what the parts are, each kind says.
/// </summary>
public static class EntityMessageCodec
{
    public const string Request = "rq";
    public const string Answers = "an";

    public static byte[] Encode(EncodedMessage message)
    {
        var wire = new Wire.EntityMessage { Kind = message.Kind, Id = message.Id, Number = message.Number, TraceParents = { message.TraceParents } };
        foreach (var part in message.Parts)
            wire.Parts.Add(new Wire.EntityMessage.Types.Part { Manifest = part.Manifest, Payload = UnsafeByteOperations.UnsafeWrap(part.Payload) });
        return wire.ToByteArray();
    }

    /// <param name="manifest">Which message it is.</param>
    /// <exception cref="UnreadableMessageException">The bytes are damaged.</exception>
    public static EncodedMessage Decode(string manifest, ReadOnlySpan<byte> payload)
    {
        try
        {
            var wire = Wire.EntityMessage.Parser.ParseFrom(payload);
            if (wire.Number <= 0)
                throw new InvalidDataException("The number is missing.");
            return new(wire.Kind, wire.Id, wire.Number, [.. wire.Parts.Select(part => new EncodedPart(part.Manifest, part.Payload.Memory))], wire.TraceParents);
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException("A message", manifest, cause);
        }
    }
}
