using System.Buffers.Binary;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>A coupon as of a sequence number, as bytes: what start-up reads instead of all events up to that number.</summary>
public static class CouponSnapshotCodec
{
    /// <summary>The name under which a snapshot is stored; it never changes.</summary>
    public const string Manifest = "cs";

    // The tag of the field, and its four bytes.
    private const int ChecksumLength = 5;
    private static readonly byte ChecksumTag = (byte)WireFormat.MakeTag(Wire.CouponSnapshot.ChecksumFieldNumber, WireFormat.WireType.Fixed32);

    /// <exception cref="InvalidDataException">
    /// The snapshot can't be, so that <see cref="Decode"/> would refuse its bytes. That nobody holds two units, and nobody one beyond the total, is the coupon's to know.
    /// </exception>
    public static byte[] Encode(CouponSnapshot snapshot)
    {
        var coupon = snapshot.Coupon;
        Rules.Check(coupon);
        var wire = new Wire.CouponSnapshot
        {
            Policy = WireFields.ToWire(coupon.Policy),
            DateCreated = coupon.DateCreated.UnixMicroseconds,
            DateUpdated = coupon.DateUpdated.UnixMicroseconds,
        };
        if (snapshot.Holds.Count > 0)
            (wire.Stopped, wire.IssuedWithHolds) = (coupon.Stopped, coupon.IssuedQuantity);
        else if (coupon.Stopped)
            wire.IssuedWhenStopped = coupon.IssuedQuantity;
        else
            wire.IssuedQuantity = coupon.IssuedQuantity;
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
        foreach (var hold in snapshot.Holds)
        {
            Rules.Check(hold);
            wire.Holds.Add(ToWire(hold));
        }

        return wire.ToByteArray();
    }

    /// <inheritdoc cref="Encode"/>
    /// <remarks>With a checksum at the end, for where nothing else would notice that a byte has changed.</remarks>
    public static byte[] EncodeWithChecksum(CouponSnapshot snapshot)
    {
        var state = Encode(snapshot);
        var payload = new byte[state.Length + ChecksumLength];
        state.CopyTo(payload, 0);
        payload[state.Length] = ChecksumTag;
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(state.Length + 1), Crc32C.Append(uint.MaxValue, state));
        return payload;
    }

    /// <summary>The snapshot that <see cref="Encode"/> was given, of this coupon: <see cref="Coupon.From"/> takes it.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public static CouponSnapshot Decode(long couponId, long sequenceNumber, ReadOnlySpan<byte> payload)
    {
        try
        {
            var wire = Wire.CouponSnapshot.Parser.ParseFrom(payload);
            if (wire.HasChecksum)
                RequireChecksum(wire.Checksum, payload);
            return FromWire(couponId, wire);
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
            wire.HasIssuedQuantity ? wire.IssuedQuantity
            : wire.HasIssuedWhenStopped ? wire.IssuedWhenStopped
            : wire.HasIssuedWithHolds ? wire.IssuedWithHolds
            : throw new InvalidDataException("The issued quantity is missing."),
            WireFields.Time("time of creation", wire.HasDateCreated, wire.DateCreated),
            WireFields.Time("time of update", wire.HasDateUpdated, wire.DateUpdated),
            wire.HasIssuedWhenStopped || wire.Stopped);
        Rules.Check(coupon);
        if (coupon.IssuedQuantity > coupon.Policy.TotalQuantity)
            throw new InvalidDataException($"{coupon.IssuedQuantity} are issued of {coupon.Policy.TotalQuantity}.");
        Rules.CheckColumn("user ids", wire.UserIds.Count, coupon.IssuedQuantity);
        Rules.CheckColumn("times of issue", wire.DatesIssued.Count, coupon.IssuedQuantity);
        var anyUsed = wire.DatesUsed.Count > 0;
        if (anyUsed)
            Rules.CheckColumn("times of use", wire.DatesUsed.Count, coupon.IssuedQuantity);

        var holders = new CouponHolder[wire.UserIds.Count];
        var users = new HashSet<long>(holders.Length);
        var time = 0L;
        for (var i = 0; i < holders.Length; i++)
        {
            time += wire.DatesIssued[i];
            Timestamp? dateUsed = anyUsed ? UseFromWire(time, wire.DatesUsed[i]) : null;
            holders[i] = new CouponHolder(wire.UserIds[i], i + 1, new Timestamp(time), dateUsed);
            Rules.Check(holders[i]);
            if (!users.Add(holders[i].UserId))
                throw new InvalidDataException($"User {holders[i].UserId} holds a second unit.");
        }

        if (wire.HasIssuedWithHolds != wire.Holds.Count > 0 || (wire.Stopped && !wire.HasIssuedWithHolds))
            throw new InvalidDataException("The holds are missing, or nothing tells of them.");
        return new CouponSnapshot(coupon, holders) { Holds = [.. wire.Holds.Select(FromWire)] };
    }

    private static Wire.Hold ToWire(CouponHold hold) => new()
    {
        OrderId = hold.OrderId,
        Ticket = hold.Ticket,
        OrderAmount = hold.OrderAmount,
        DiscountAmount = hold.DiscountAmount,
        State = (int)hold.State,
    };

    private static CouponHold FromWire(Wire.Hold wire)
    {
        if (wire.State is < 0 or > byte.MaxValue)
            throw new InvalidDataException($"A hold's state {wire.State} is not known.");
        var hold = new CouponHold(wire.OrderId, (HoldState)wire.State, wire.Ticket, wire.OrderAmount, wire.DiscountAmount);
        Rules.Check(hold);
        return hold;
    }

    private static void RequireChecksum(uint checksum, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < ChecksumLength || payload[^ChecksumLength] != ChecksumTag || Crc32C.Append(uint.MaxValue, payload[..^ChecksumLength]) != checksum)
            throw new InvalidDataException("Its checksum does not match.");
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
