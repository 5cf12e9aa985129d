using Akka.Actor;
using Akka.Serialization;
using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;

namespace CouponAkka.Sharded.Journal;

/// <summary>Everything of coupons that stands in the journal or crosses the wire, by the codecs of CouponAkka.Contracts; and the fences of all kinds.</summary>
internal sealed class CouponSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>Stands in every row of the journal; never changes.</summary>
    public const int Id = 811;

    /// <summary>What it is bound to.</summary>
    public static readonly Type[] Types =
        [
            typeof(CouponEvent), typeof(TracedEvent<CouponEvent>), typeof(WriterFence), typeof(CouponSnapshot), typeof(CouponRequest), typeof(CouponAnswers), typeof(FollowCoupon), typeof(FollowedCoupon),
            typeof(CouponRequests), typeof(CouponReplies), typeof(Arrived),
        ];

    public override int Identifier => Id;

    public override string Manifest(object o) => o switch
    {
        CouponEvent happened => CouponEventCodec.Manifest(happened),
        TracedEvent<CouponEvent> traced => CouponEventCodec.Manifest(traced.Event),
        CouponRequest => CouponMessageCodec.Request,
        CouponAnswers => CouponMessageCodec.Answers,
        FollowCoupon => CouponMessageCodec.Follow,
        FollowedCoupon => CouponMessageCodec.Followed,
        CouponRequests => CouponMessageCodec.Requests,
        CouponReplies => CouponMessageCodec.Replies,
        Arrived => CouponMessageCodec.Arrival,
        CouponSnapshot => CouponSnapshotCodec.Manifest,
        WriterFence => WriterFence.Manifest,
        _ => throw NotOurs(o),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        CouponEvent happened => CouponEventCodec.Encode(happened),
        TracedEvent<CouponEvent> traced => CouponEventCodec.Encode(traced.Event, traced.TraceParent),
        CouponRequest request => CouponMessageCodec.Encode(request),
        CouponAnswers answers => CouponMessageCodec.Encode(answers),
        FollowCoupon follow => CouponMessageCodec.Encode(follow),
        FollowedCoupon followed => CouponMessageCodec.Encode(followed),
        CouponRequests requests => CouponMessageCodec.Encode(requests),
        CouponReplies replies => CouponMessageCodec.Encode(replies),
        Arrived arrived => CouponMessageCodec.Encode(arrived),
        CouponSnapshot snapshot => CouponSnapshotCodec.EncodeWithChecksum(snapshot),
        // Never empty: where several rows are written at once linq2db writes literals, and an empty one, 0x, is a column's name to MySQL.
        // What the byte says is news to a version that has no lease; it takes both for a fence.
        WriterFence fence => [fence.IsHandedOver ? (byte)1 : (byte)0],
        _ => throw NotOurs(obj),
    };

    // Akka tells us the manifest and the bytes, and not whose they are: the actor that recovers knows that.
    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        CouponMessageCodec.Request => CouponMessageCodec.DecodeRequest(bytes),
        CouponMessageCodec.Answers => CouponMessageCodec.DecodeAnswers(bytes),
        CouponMessageCodec.Follow => CouponMessageCodec.DecodeFollow(bytes),
        CouponMessageCodec.Followed => CouponMessageCodec.DecodeFollowed(bytes),
        CouponMessageCodec.Requests => CouponMessageCodec.DecodeRequests(bytes),
        CouponMessageCodec.Replies => CouponMessageCodec.DecodeReplies(bytes),
        CouponMessageCodec.Arrival => CouponMessageCodec.DecodeArrived(bytes),
        CouponSnapshotCodec.Manifest => CouponSnapshotCodec.Decode(couponId: 0, sequenceNumber: 0, bytes),
        WriterFence.Manifest => bytes is [1] ? WriterFence.HandedOver : WriterFence.Instance,
        _ => CouponEventCodec.Decode(couponId: 0, sequenceNumber: 0, manifest, bytes),
    };

    private static ArgumentException NotOurs(object other) => new($"There is no codec for {other.GetType().Name}.", nameof(other));
}
