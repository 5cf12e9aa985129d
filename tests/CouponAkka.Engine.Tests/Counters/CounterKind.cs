using System.Text;
using System.Text.Json;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Engine.Tests.Counters;

/// <summary>
/// The smallest kind there can be that has all that a kind can have: it shows that an engine needs to know nothing of coupons to hold others. Tests alone
/// know it. A counter counts what it is told, and each use of a coupon of the vendor with its id; it can be wound, and rings when its time has come.
/// </summary>
internal sealed class CounterKind : EntityKind<CounterEvent, CounterSnapshot>
{
    public static readonly CounterKind Instance = new();

    /// <summary>Coupons and counters, and nobody else who reacts to a coupon.</summary>
    public static readonly EntityKinds WithCounters = new(CouponKind.Instance, Instance);

    private CounterKind()
    {
    }

    public override int Number => 99;

    public override string Name => "counter";

    public override Reply OutcomeUnknown => CounterReply.OutcomeUnknown;

    public override Reply Unavailable => CounterReply.Unavailable;

    public override IKindMessages Messages => CounterMessages.Instance;

    public override IReadOnlyList<Reaction> Reactions { get; } =
    [
        Reaction.To<CouponUsed>("coupon", "cu", (cause, used, _) =>
            used.VendorId is { } vendor ? new Domain.Ask("counter", vendor, new CountUse(cause)) : null),
    ];

    public override Command TimePassed { get; } = new Ring();

    public override Reply Lost(Command command) => command is GetCount ? Unavailable : OutcomeUnknown;

    public override IEntity New(long id) => new Counter(id);

    public override IEntity From(long id, Snapshot snapshot) => new Counter(id, (CounterSnapshot)snapshot);

    public override IReadOnlyList<Event> Coalesce(IReadOnlyList<Event> events) =>
        events.All(happened => happened is Counted) ? [new Counted(events.Sum(happened => ((Counted)happened).By))] : events;

    public override Timestamp? DueAfter(Event happened) => (happened as Wound)?.RingsAt;

    public override EntityView ViewOf(long id, string? before)
    {
        try
        {
            return new CounterView(id, before);
        }
        catch (JsonException fault)
        {
            throw new UnreadableMessageException($"What lists show of counter {id}", "view", fault);
        }
    }

    public override IReadOnlyList<string> Notifications { get; } = ["counter.counted", "counter.wound", "counter.rang"];

    // As many lines as it counts: so that an event with many is easy to make.
    public override int LinesOf(Event happened) => happened is Counted { By: > 0 and var by } ? (int)by : 1;

    public override NotificationLine LineOf(long id, Event happened, int index) => NotificationLine.Of(
        default,
        happened switch
        {
            Wound => "counter.wound",
            Rang => "counter.rang",
            _ => "counter.counted",
        },
        $"/counters/{id}",
        $"Counter {id}: {happened.GetType().Name}, line {index}.",
        ("counterId", id), ("index", index));

    public override string ManifestOf(Event happened) => happened switch
    {
        Counted => "ct",
        UseCounted => "cw",
        Wound => "cd",
        _ => "cg",
    };

    public override byte[] Encode(Event happened, string? traceParent) =>
        JsonSerializer.SerializeToUtf8Bytes(new Stored(JsonSerializer.Serialize(happened, happened.GetType()), traceParent));

    public override Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent)
    {
        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(payload)!;
            traceParent = stored.Trace;
            return manifest switch
            {
                "ct" => JsonSerializer.Deserialize<Counted>(stored.Event)!,
                "cw" => JsonSerializer.Deserialize<UseCounted>(stored.Event)!,
                "cd" => JsonSerializer.Deserialize<Wound>(stored.Event)!,
                "cg" => new Rang(),
                _ => throw new JsonException("It is no event of a counter."),
            };
        }
        catch (JsonException fault)
        {
            throw new UnreadableMessageException($"Counter {id}, number {sequenceNumber}", manifest, fault);
        }
    }

    public override byte[] EncodeSnapshot(Snapshot snapshot) => JsonSerializer.SerializeToUtf8Bytes((CounterSnapshot)snapshot);

    public override Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize<CounterSnapshot>(payload)!;

    private sealed record Stored(string Event, string? Trace);
}

internal abstract record CounterEvent : Event;

internal sealed record Counted(long By) : CounterEvent;

/// <summary>It has counted the use of a coupon.</summary>
internal sealed record UseCounted(Cause Cause) : CounterEvent;

internal sealed record Wound(Timestamp RingsAt) : CounterEvent;

internal sealed record Rang : CounterEvent;

internal sealed record CounterSnapshot(long Count, Cause[] Taken, Timestamp? RingsAt, long Rings) : Snapshot;

internal sealed record Count(long By) : Command;

internal sealed record CountUse(Cause Cause) : Command;

/// <summary>It is to ring at that time; whatever happens before that prevents it.</summary>
internal sealed record Wind(Timestamp RingsAt) : Command;

internal sealed record Ring : Command;

internal sealed record GetCount : Command;

internal sealed record GetRings : Command;

internal sealed record CounterReply(string Says, long Count = 0) : Reply
{
    public static readonly CounterReply OutcomeUnknown = new("the counter does not know");
    public static readonly CounterReply Unavailable = new("the counter is away");

    public static CounterReply Is(long count) => new("is", count);
}

internal sealed class Counter(long id) : IEntity
{
    private readonly Watermarks _taken = new();
    private long _count;
    private Timestamp? _ringsAt;
    private long _rings;

    public Counter(long id, CounterSnapshot snapshot)
        : this(id)
    {
        _taken = new Watermarks(snapshot.Taken);
        (_count, _ringsAt, _rings) = (snapshot.Count, snapshot.RingsAt, snapshot.Rings);
    }

    public long Id => id;

    public bool Exists => _count > 0 || _rings > 0 || _ringsAt is not null;

    public long Weight => _count;

    public Decision Decide(Command command, Timestamp now) => command switch
    {
        Count { By: var by } => new(CounterReply.Is(_count + by), new Counted(by)),
        CountUse { Cause: var cause } => _taken.Has(cause) ? new(CounterReply.Is(_count)) : new(CounterReply.Is(_count + 1), new UseCounted(cause)),
        Wind { RingsAt: var at } => new(CounterReply.Is(_count), new Wound(at)),
        Ring => _ringsAt <= now ? new(CounterReply.Is(_rings + 1), new Rang()) : new(CounterReply.Is(_rings)),
        GetRings => new(CounterReply.Is(_rings)),
        _ => new(CounterReply.Is(_count)),
    };

    public void Evolve(Event happened)
    {
        _ringsAt = null;
        switch (happened)
        {
            case Counted { By: <= 0 }:
                throw new InvalidEventException($"Counter {id} counts nothing.");
            case Counted { By: var by }:
                _count += by;
                break;
            case UseCounted { Cause: var cause }:
                _taken.Take(cause);
                _count++;
                break;
            case Wound { RingsAt: var at }:
                _ringsAt = at;
                break;
            default:
                _rings++;
                break;
        }
    }

    public Snapshot TakeSnapshot() => new CounterSnapshot(_count, _taken.ToArray(), _ringsAt, _rings);
}

/// <summary>What a counter stands at, and a line for each use of a coupon that it has counted: <c>coupon 7</c>, in the list of its own.</summary>
internal sealed class CounterView(long id, string? before) : EntityView
{
    public const string Uses = "uses";

    private long _count = before is null ? 0 : JsonSerializer.Deserialize<Shown>(before)!.Count;
    private long _uses = before is null ? 0 : JsonSerializer.Deserialize<Shown>(before)!.Uses;

    public override void Apply(Event happened)
    {
        switch (happened)
        {
            // As a careless kind would: what it has changed by then must not be shown.
            case Counted { By: var by }:
                _count += by;
                if (by <= 0)
                    throw new InvalidEventException($"Counter {id} counts nothing.");
                break;
            case UseCounted { Cause: var cause }:
                _count++;
                Add(new ListLine(Uses, id, ++_uses, $"{cause.Kind} {cause.Id}"));
                break;
        }
    }

    public override string ToJson() => Json(_count, _uses);

    public static string Json(long count, long uses) => JsonSerializer.Serialize(new Shown(count, uses));

    private sealed record Shown(long Count, long Uses);
}

internal sealed class CounterMessages : IKindMessages
{
    public static readonly CounterMessages Instance = new();

    public EncodedPart Encode(Command command) => new(command.GetType().Name, JsonSerializer.SerializeToUtf8Bytes(command, command.GetType()));

    public Command DecodeCommand(long id, EncodedPart encoded) => encoded.Manifest switch
    {
        nameof(Count) => Read<Count>(encoded),
        nameof(CountUse) => Read<CountUse>(encoded),
        nameof(Wind) => Read<Wind>(encoded),
        nameof(Ring) => new Ring(),
        nameof(GetRings) => new GetRings(),
        _ => new GetCount(),
    };

    public EncodedPart Encode(Reply reply) => new(((CounterReply)reply).Says, Encoding.UTF8.GetBytes($"{((CounterReply)reply).Count}"));

    public Reply DecodeReply(long id, EncodedPart encoded) => new CounterReply(encoded.Manifest, Read<long>(encoded));

    private static T Read<T>(EncodedPart encoded) => JsonSerializer.Deserialize<T>(encoded.Payload.Span)!;
}
