using System.Buffers.Binary;
using Akka.Actor;
using Akka.Hosting;
using Akka.Serialization;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Sharded.Entities;

namespace CouponAkka.Sharded.Journal;

/// <summary>What stands in the journal of one kind of entity, by the kind's own codecs. Coupons have a serializer of their own, older than kinds are.</summary>
internal sealed class EntitySerializer(EntityKind kind, ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    // Longer than an event's, so that it is none.
    private const string SnapshotManifest = "snapshot";

    public override int Identifier => IdOf(kind);

    /// <summary>Stands in every row of the kind's; never changes.</summary>
    public static int IdOf(EntityKind kind) => EntityMessageSerializer.Id + kind.Number;

    public override string Manifest(object o) => o switch
    {
        Event happened => kind.ManifestOf(happened),
        TracedEvent traced => kind.ManifestOf(traced.Happened),
        Snapshot => SnapshotManifest,
        _ => throw NotOurs(o),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        Event happened => kind.Encode(happened, traceParent: null),
        TracedEvent traced => kind.Encode(traced.Happened, traced.TraceParent),
        Snapshot snapshot => WithChecksum(kind.EncodeSnapshot(snapshot)),
        _ => throw NotOurs(obj),
    };

    // Akka tells us the manifest and the bytes, and not whose they are: the actor that recovers knows that.
    public override object FromBinary(byte[] bytes, string manifest) => manifest == SnapshotManifest
        ? kind.DecodeSnapshot(id: 0, sequenceNumber: 0, WithoutChecksum(bytes))
        : kind.Decode(id: 0, sequenceNumber: 0, manifest, bytes, out _);

    private static byte[] WithChecksum(byte[] snapshot)
    {
        var bytes = new byte[sizeof(uint) + snapshot.Length];
        snapshot.CopyTo(bytes, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Crc32C.Append(uint.MaxValue, snapshot));
        return bytes;
    }

    private ReadOnlySpan<byte> WithoutChecksum(byte[] bytes)
    {
        if (bytes.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Crc32C.Append(uint.MaxValue, bytes.AsSpan(sizeof(uint))))
            throw new UnreadableMessageException($"A {kind.Name}", SnapshotManifest, new InvalidDataException("The checksum does not match."));
        return bytes.AsSpan(sizeof(uint));
    }

    private ArgumentException NotOurs(object other) => new($"The kind {kind.Name} has no codec for {other.GetType().Name}.", nameof(other));
}

/// <summary>What is asked of entities of any kind but coupons, and what they answer. The parts are by each kind's own codecs.</summary>
internal sealed class EntityMessageSerializer(EntityKinds kinds, ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Never changes. A kind's own serializer has this and the kind's number.</summary>
    public const int Id = CouponSerializer.Id - 1;

    public static readonly Type[] Types = [typeof(EntityRequest), typeof(EntityAnswers)];

    public override int Identifier => Id;

    public override string Manifest(object o) => o is EntityRequest ? EntityMessageCodec.Request : EntityMessageCodec.Answers;

    public override byte[] ToBinary(object obj) => EntityMessageCodec.Encode(obj switch
    {
        EntityRequest request => new EncodedMessage(
            request.Key.Kind.Name, request.Key.Id, request.Number, [.. request.Commands.Select(MessagesOf(request.Key.Kind).Encode)], request.TraceParents),
        EntityAnswers answers => new EncodedMessage(
            answers.Key.Kind.Name, answers.Key.Id, answers.Number, [.. answers.Replies.Select(MessagesOf(answers.Key.Kind).Encode)], []),
        _ => throw new ArgumentException($"There is no codec for {obj.GetType().Name}.", nameof(obj)),
    });

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var message = EntityMessageCodec.Decode(manifest, bytes);
        var kind = kinds.Named(message.Kind)
            ?? throw new UnreadableMessageException("A message", manifest, new InvalidDataException($"There is no kind '{message.Kind}'."));
        var key = new EntityKey(kind, message.Id);
        var codec = MessagesOf(kind);
        return manifest switch
        {
            EntityMessageCodec.Request => new EntityRequest(
                key, message.Number, [.. message.Parts.Select(part => codec.DecodeCommand(key.Id, part))], message.TraceParents),
            EntityMessageCodec.Answers => new EntityAnswers(key, message.Number, [.. message.Parts.Select(part => codec.DecodeReply(key.Id, part))]),
            _ => throw new UnreadableMessageException(key.ToString(), manifest, new InvalidDataException("No message has this manifest.")),
        };
    }

    private static IKindMessages MessagesOf(EntityKind kind) =>
        kind.Messages ?? throw new ArgumentException($"The kind {kind.Name} has messages of its own.", nameof(kind));
}

/// <summary>The serializers of everything that is ours.</summary>
internal static class EntitySerializers
{
    public static AkkaConfigurationBuilder WithEntitySerializers(this AkkaConfigurationBuilder akka, EntityKinds kinds)
    {
        akka.WithCustomSerializer("coupon", CouponSerializer.Types, system => new CouponSerializer(system));
        akka.WithCustomSerializer("entity-message", EntityMessageSerializer.Types, system => new EntityMessageSerializer(kinds, system));
        foreach (var kind in kinds.Where(kind => kind != CouponKind.Instance))
        {
            akka.WithCustomSerializer(
                kind.Name,
                [kind.EventType, typeof(TracedEvent<>).MakeGenericType(kind.EventType), kind.SnapshotType],
                system => new EntitySerializer(kind, system));
        }

        return akka;
    }
}
