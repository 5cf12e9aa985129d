using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>A coupon as of a sequence number, as bytes: what start-up reads instead of all events up to that number.</summary>
public static class CouponSnapshotCodec
{
    /// <summary>The name under which a snapshot is stored; it never changes.</summary>
    public const string Manifest = "cs";

    /// <exception cref="InvalidDataException">The snapshot can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public static byte[] Encode(CouponSnapshot snapshot)
    {
        var coupon = snapshot.Coupon;
        Rules.Check(coupon);
        var wire = new Wire.CouponSnapshot
        {
            Policy = WireFields.ToWire(coupon.Policy),
            DateCreated = coupon.DateCreated.UnixMicroseconds,
            DateUpdated = coupon.DateUpdated.UnixMicroseconds,
            IssuedQuantity = coupon.IssuedQuantity,
        };
        var before = 0L;
        var anyUsed = false;
        foreach (var holder in snapshot.Holders)
        {
            Rules.CheckTicket(holder.Ticket, wire.UserIds.Count + 1);
            Rules.Check(holder);
            wire.UserIds.Add(holder.UserId);
            wire.DatesIssued.Add(holder.DateIssued.UnixMicroseconds - before);
            wire.DatesUsed.Add(UseToWire(holder));
            before = holder.DateIssued.UnixMicroseconds;
            anyUsed |= holder.DateUsed is not null;
        }

        Rules.CheckColumn("user ids", wire.UserIds.Count, coupon.IssuedQuantity);
        if (!anyUsed)
            wire.DatesUsed.Clear();
        return wire.ToByteArray();
    }

    /// <summary>The snapshot that <see cref="Encode"/> was given, of this coupon.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public static CouponSnapshot Decode(long couponId, long sequenceNumber, ReadOnlySpan<byte> payload)
    {
        try
        {
            return FromWire(couponId, Wire.CouponSnapshot.Parser.ParseFrom(payload));
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException(couponId, sequenceNumber, Manifest, cause);
        }
    }

    private static CouponSnapshot FromWire(long couponId, Wire.CouponSnapshot wire)
    {
        var coupon = new CouponView(
            couponId,
            WireFields.FromWire(wire.Policy),
            wire.HasIssuedQuantity ? wire.IssuedQuantity : throw new InvalidDataException("The issued quantity is missing."),
            WireFields.Time("time of creation", wire.HasDateCreated, wire.DateCreated),
            WireFields.Time("time of update", wire.HasDateUpdated, wire.DateUpdated));
        Rules.Check(coupon);
        Rules.CheckColumn("user ids", wire.UserIds.Count, coupon.IssuedQuantity);
        Rules.CheckColumn("times of issue", wire.DatesIssued.Count, coupon.IssuedQuantity);
        var anyUsed = wire.DatesUsed.Count > 0;
        if (anyUsed)
            Rules.CheckColumn("times of use", wire.DatesUsed.Count, coupon.IssuedQuantity);

        var holders = new CouponHolder[wire.UserIds.Count];
        var time = 0L;
        for (var i = 0; i < holders.Length; i++)
        {
            time += wire.DatesIssued[i];
            Timestamp? dateUsed = anyUsed ? UseFromWire(time, wire.DatesUsed[i]) : null;
            holders[i] = new CouponHolder(wire.UserIds[i], i + 1, new Timestamp(time), dateUsed);
            Rules.Check(holders[i]);
        }

        return new CouponSnapshot(coupon, holders);
    }

    // A unit can be used in the microsecond it was issued in, and before that when a clock was set back: only zero is free
    // to mean "not used" once what is not negative moves up by one.
    private static long UseToWire(in CouponHolder holder)
    {
        if (holder.DateUsed is not { } used)
            return 0;
        var after = used.UnixMicroseconds - holder.DateIssued.UnixMicroseconds;
        return after >= 0 ? after + 1 : after;
    }

    private static Timestamp? UseFromWire(long dateIssued, long wire) => wire switch
    {
        0 => null,
        > 0 => new Timestamp(dateIssued + wire - 1),
        _ => new Timestamp(dateIssued + wire),
    };
}
