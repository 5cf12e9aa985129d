using System.Buffers.Binary;
using System.Text;
using CouponAkka.Contracts;
using CouponAkka.Domain;

namespace CouponAkka.Engine.Tests.Counters;

/// <summary>The smallest kind there can be: it shows that an engine needs to know nothing of coupons to hold others. Tests alone know it.</summary>
internal sealed class CounterKind : EntityKind<Counted, CounterSnapshot>
{
    public static readonly CounterKind Instance = new();

    /// <summary>As a program would have them that knows counters too.</summary>
    public static readonly EntityKinds WithCounters = new([.. EntityKinds.All, Instance]);

    private CounterKind()
    {
    }

    public override int Number => 99;

    public override string Name => "counter";

    public override Reply OutcomeUnknown => CounterReply.OutcomeUnknown;

    public override Reply Unavailable => CounterReply.Unavailable;

    public override IKindMessages Messages => CounterMessages.Instance;

    public override Reply Lost(Command command) => command is GetCount ? Unavailable : OutcomeUnknown;

    public override IEntity New(long id) => new Counter(id);

    public override IEntity From(long id, Snapshot snapshot) => new Counter(id, ((CounterSnapshot)snapshot).Count);

    public override IReadOnlyList<Event> Coalesce(IReadOnlyList<Event> events) => [new Counted(events.Sum(happened => ((Counted)happened).By))];

    public override string ManifestOf(Event happened) => "ct";

    public override byte[] Encode(Event happened, string? traceParent) => [.. Bytes.Of(((Counted)happened).By), .. Encoding.ASCII.GetBytes(traceParent ?? "")];

    public override Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent)
    {
        if (manifest != "ct" || payload.Length < sizeof(long))
            throw new UnreadableMessageException($"Counter {id}, number {sequenceNumber}", manifest, new InvalidDataException("It is no event of a counter."));
        traceParent = payload.Length == sizeof(long) ? null : Encoding.ASCII.GetString(payload[sizeof(long)..]);
        return new Counted(BinaryPrimitives.ReadInt64BigEndian(payload));
    }

    public override byte[] EncodeSnapshot(Snapshot snapshot) => Bytes.Of(((CounterSnapshot)snapshot).Count);

    public override Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload) =>
        new CounterSnapshot(BinaryPrimitives.ReadInt64BigEndian(payload));
}

internal sealed record Counted(long By) : Event;

internal sealed record CounterSnapshot(long Count) : Snapshot;

internal sealed record Count(long By) : Command;

internal sealed record GetCount : Command;

internal sealed record CounterReply(string Says, long Count = 0) : Reply
{
    public static readonly CounterReply OutcomeUnknown = new("the counter does not know");
    public static readonly CounterReply Unavailable = new("the counter is away");

    public static CounterReply Is(long count) => new("is", count);
}

internal sealed class Counter(long id, long count = 0) : IEntity
{
    private long _count = count;

    public long Id => id;

    public bool Exists => _count > 0;

    public long Weight => _count;

    public Decision Decide(Command command, Timestamp now) =>
        command is Count { By: var by } ? new(CounterReply.Is(_count + by), new Counted(by)) : new(CounterReply.Is(_count));

    public void Evolve(Event happened)
    {
        if (((Counted)happened).By <= 0)
            throw new InvalidEventException($"Counter {id} counts nothing.");
        _count += ((Counted)happened).By;
    }

    public Snapshot TakeSnapshot() => new CounterSnapshot(_count);
}

internal sealed class CounterMessages : IKindMessages
{
    public static readonly CounterMessages Instance = new();

    public EncodedPart Encode(Command command) => command is Count { By: var by } ? new("count", Bytes.Of(by)) : new("get", ReadOnlyMemory<byte>.Empty);

    public Command DecodeCommand(long id, EncodedPart encoded) =>
        encoded.Manifest == "count" ? new Count(BinaryPrimitives.ReadInt64BigEndian(encoded.Payload.Span)) : new GetCount();

    public EncodedPart Encode(Reply reply) => new(((CounterReply)reply).Says, Bytes.Of(((CounterReply)reply).Count));

    public Reply DecodeReply(long id, EncodedPart encoded) => new CounterReply(encoded.Manifest, BinaryPrimitives.ReadInt64BigEndian(encoded.Payload.Span));
}

file static class Bytes
{
    public static byte[] Of(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }
}
