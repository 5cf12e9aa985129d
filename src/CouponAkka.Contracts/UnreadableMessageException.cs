using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>
/// Stored or received bytes are not what their manifest says. The message names the entity, the number where there is
/// one, the manifest and the cause, which is the inner exception.
/// </summary>
public sealed class UnreadableMessageException : Exception
{
    internal UnreadableMessageException(long couponId, long? sequenceNumber, string manifest, Exception cause)
        : this(Place(couponId, sequenceNumber), manifest, cause)
    {
    }

    /// <param name="place">What was read: of which entity, and which number.</param>
    public UnreadableMessageException(string place, string manifest, Exception cause)
        : base($"{place}, manifest '{manifest}' can't be read: {cause.Message}", cause)
    {
    }

    /// <summary>The two ways in which bytes are at fault: they are no message, or one that can't be.</summary>
    public static bool IsCausedBy(Exception exception) => exception is InvalidProtocolBufferException or InvalidDataException;

    private static string Place(long couponId, long? sequenceNumber) =>
        sequenceNumber is { } number ? $"Coupon {couponId}, number {number}" : $"Coupon {couponId}";
}
