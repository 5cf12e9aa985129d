using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts;

/// <summary>A message to one coupon, wherever it lives.</summary>
public interface ICouponMessage : IEntityMessage
{
    long CouponId { get; }

    long IEntityMessage.EntityId => CouponId;
}

/// <summary>What several people ask of one coupon, in the order in which it is to be decided.</summary>
/// <param name="Number">The asker's own; the answers carry it.</param>
/// <param name="TraceParents">The traces of some of those who ask, as W3C <c>traceparent</c>.</param>
public sealed record CouponRequest(long CouponId, long Number, IReadOnlyList<CouponCommand> Commands, IReadOnlyList<string> TraceParents)
    : ICouponMessage, IEntityRequest
{
    public CouponRequest(long couponId, long number, IReadOnlyList<CouponCommand> commands)
        : this(couponId, number, commands, [])
    {
    }

    /// <inheritdoc cref="Weight.Most"/>
    public int Weight => Commands.Sum(Contracts.Weight.Of);

    IReadOnlyList<Command> IEntityRequest.Commands => Commands;

    Reply[] IEntityRequest.NewReplies() => new CouponReply[Commands.Count];

    object IEntityRequest.AnswersOf(Reply[] replies, bool closed) => new CouponAnswers(CouponId, Number, (CouponReply[])replies, closed);
}

/// <summary>The answers to the request with this number, in the order of its commands.</summary>
/// <param name="Closed">Nobody is issued anything for now, so that the coupon is worth following.</param>
public sealed record CouponAnswers(long CouponId, long Number, IReadOnlyList<CouponReply> Replies, bool Closed = false)
{
    /// <inheritdoc cref="Contracts.Weight.Most"/>
    public int Weight => Replies.Sum(Contracts.Weight.Of);
}

/// <summary>What is asked of several coupons, by way of one node.</summary>
/// <param name="Number">The sender's own, from 1: <see cref="Arrived"/> gives it back.</param>
public sealed record CouponRequests(IReadOnlyList<CouponRequest> Requests, long Number);

/// <summary>What several coupons answer, by the node that each lives on.</summary>
/// <inheritdoc cref="CouponRequests" path="/param"/>
public sealed record CouponReplies(IReadOnlyList<AnswersFrom> Homes, long Number);

/// <summary>Answers of coupons that live on one node.</summary>
/// <param name="Home">The node's address, as Akka writes it.</param>
public sealed record AnswersFrom(string Home, IReadOnlyList<CouponAnswers> Answers);

/// <summary>The message with this number has come; the next may be sent.</summary>
public sealed record Arrived(long Number);

/// <summary>About how much of a frame a command and its reply take: one for a unit that is issued or refused, more for a coupon with its title.</summary>
public static class Weight
{
    /// <summary>What one message may weigh, so that it and its answers fit in a frame of Akka.Remote (1 MiB).</summary>
    public const int Most = 4_096;

    /// <summary>A command of another kind of entity, or its reply: no more than two kilobytes.</summary>
    public const int OfAnything = OfACoupon;

    private const int OfACoupon = 8;

    public static int Of(CouponCommand command) => command is IssueCoupon ? 1 : OfACoupon;

    public static int Of(CouponReply reply) => reply is Issued or Refused { Coupon: null } ? 1 : OfACoupon;
}

/// <summary>Asks for what an edge lacks to refuse from memory.</summary>
/// <param name="SequenceNumber">The last event that the asker has, or the event that the snapshot it is fetching holds last; 0 if it has nothing.</param>
/// <param name="FetchedUpTo">How many bytes of that snapshot it has, while it fetches one.</param>
public sealed record FollowCoupon(long CouponId, long Number, long SequenceNumber, long? FetchedUpTo = null) : ICouponMessage;

/// <summary>The answer to <see cref="FollowCoupon"/>: it can't be followed now, unless it is one of the records below.</summary>
public record FollowedCoupon(long CouponId, long Number);

/// <summary>What happened since the asker's last event; and for how long, counted from when it was asked, nothing else will be decided that matters to a refusal.</summary>
public sealed record CouponLease(long CouponId, long Number, IReadOnlyList<NumberedEvent> Events, TimeSpan Duration)
    : FollowedCoupon(CouponId, Number);

/// <summary>A part of a snapshot, which <see cref="CouponSnapshotCodec"/> encoded.</summary>
/// <param name="SequenceNumber">The last event in the snapshot.</param>
/// <param name="Offset">Where in the snapshot the part begins.</param>
/// <param name="Length">How many bytes the whole snapshot has.</param>
public sealed record CouponSnapshotPart(long CouponId, long Number, long SequenceNumber, long Offset, long Length, ReadOnlyMemory<byte> Bytes)
    : FollowedCoupon(CouponId, Number);

/// <summary>An event and its number in the journal.</summary>
/// <param name="Event">Null for an event that changes nothing, such as a <see cref="WriterFence"/>.</param>
public sealed record NumberedEvent(long SequenceNumber, CouponEvent? Event);

/// <summary>
/// The first and the last thing that an entity's writer puts into the journal. It changes nothing; but its number is taken, so that the
/// write of an earlier writer that is still on its way can't land any more.
/// </summary>
public sealed record WriterFence
{
    public const string Manifest = "wf";

    /// <summary>A writer has taken over.</summary>
    public static readonly WriterFence Instance = new();

    /// <summary>A writer has stopped: since it began to write this it has answered nothing, so the next need not wait for it.</summary>
    public static readonly WriterFence HandedOver = new() { IsHandedOver = true };

    private WriterFence()
    {
    }

    public bool IsHandedOver { get; private init; }
}
