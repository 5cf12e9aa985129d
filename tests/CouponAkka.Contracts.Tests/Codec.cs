using CouponAkka.Domain.Coupons;

namespace CouponAkka.Contracts.Tests;

/// <summary>The three codecs behind one, for what holds of every message.</summary>
internal static class Codec
{
    public const long CouponId = 4711;
    public const long SequenceNumber = 42;

    public static string Manifest(object message) => message switch
    {
        CouponEvent happened => CouponEventCodec.Manifest(happened),
        CouponCommand command => CouponCommandCodec.Manifest(command),
        _ => CouponSnapshotCodec.Manifest,
    };

    public static byte[] Encode(object message) => message switch
    {
        CouponEvent happened => CouponEventCodec.Encode(happened),
        CouponCommand command => CouponCommandCodec.Encode(command),
        _ => CouponSnapshotCodec.Encode((CouponSnapshot)message),
    };

    /// <param name="kind">A message whose codec is to be used.</param>
    public static object Decode(object kind, byte[] payload) => kind switch
    {
        CouponEvent happened => CouponEventCodec.Decode(CouponId, SequenceNumber, CouponEventCodec.Manifest(happened), payload),
        CouponCommand command => CouponCommandCodec.Decode(CouponId, CouponCommandCodec.Manifest(command), payload),
        _ => CouponSnapshotCodec.Decode(CouponId, SequenceNumber, payload),
    };

    public static void AssertSame(object expected, object actual)
    {
        if (expected is not CouponSnapshot snapshot)
        {
            Assert.Equal(expected, actual);
            return;
        }

        var other = Assert.IsType<CouponSnapshot>(actual);
        Assert.Equal(snapshot.Coupon, other.Coupon);
        Assert.Equal(snapshot.Holders, other.Holders);
        Assert.Equal(snapshot.Holds, other.Holds);
    }
}
