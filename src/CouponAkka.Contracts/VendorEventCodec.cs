using CouponAkka.Domain;
using CouponAkka.Domain.Vendors;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>A vendor's events and snapshots as bytes. What any release encoded, every later one decodes to the same.</summary>
public static class VendorEventCodec
{
    private const string Named = "vn";
    private const string Credited = "vc";

    /// <summary>The name under which an event is stored: two letters that never change.</summary>
    public static string Manifest(VendorEvent happened) => happened switch
    {
        VendorCredited => Credited,
        VendorNamed => Named,
        _ => throw NoCodec(happened),
    };

    /// <param name="traceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
    /// <exception cref="InvalidDataException">The event can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public static byte[] Encode(VendorEvent happened, string? traceParent = null)
    {
        Rules.Check(happened);
        IMessage message = happened switch
        {
            VendorCredited credited => ToWire(credited, traceParent ?? ""),
            VendorNamed named => new Wire.VendorNamed
            {
                Name = named.Name,
                Balance = named.Balance,
                CouponsUsed = named.CouponsUsed,
                At = named.At.UnixMicroseconds,
                TraceParent = traceParent ?? "",
            },
            _ => throw NoCodec(happened),
        };
        return message.ToByteArray();
    }

    /// <summary>The event that <see cref="Encode"/> was given.</summary>
    /// <param name="traceParent">The trace of its write, or null.</param>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what an event can't be.</exception>
    public static VendorEvent Decode(long vendorId, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent)
    {
        try
        {
            (VendorEvent happened, traceParent) = manifest switch
            {
                Credited => FromWire(Wire.VendorCredited.Parser.ParseFrom(payload)),
                Named => FromWire(Wire.VendorNamed.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No event has this manifest."),
            };
            Rules.Check(happened);
            traceParent = traceParent is "" ? null : traceParent;
            return happened;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Vendor {vendorId}, number {sequenceNumber}", manifest, cause);
        }
    }

    /// <exception cref="InvalidDataException">The snapshot can't be, so that <see cref="DecodeSnapshot"/> would refuse its bytes.</exception>
    public static byte[] EncodeSnapshot(VendorSnapshot snapshot)
    {
        Rules.Check(snapshot);
        var wire = new Wire.VendorSnapshot
        {
            DateCreated = snapshot.DateCreated.UnixMicroseconds,
            DateUpdated = snapshot.DateUpdated.UnixMicroseconds,
            Balance = snapshot.Balance,
            CouponsUsed = snapshot.CouponsUsed,
            Taken = { snapshot.Taken.Select(WireFields.ToWire) },
            LastEvent = snapshot.LastEvent.UnixMicroseconds,
        };
        if (snapshot.Name is { } name)
            wire.Name = name;
        return wire.ToByteArray();
    }

    /// <summary>The snapshot that <see cref="EncodeSnapshot"/> was given, of this vendor: <see cref="Vendor.From"/> takes it.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public static VendorSnapshot DecodeSnapshot(long vendorId, long sequenceNumber, ReadOnlySpan<byte> payload)
    {
        try
        {
            var wire = Wire.VendorSnapshot.Parser.ParseFrom(payload);
            var snapshot = new VendorSnapshot(
                vendorId,
                wire.HasName ? wire.Name : null,
                new Timestamp(wire.DateCreated),
                new Timestamp(wire.DateUpdated),
                wire.Balance,
                wire.CouponsUsed,
                [.. wire.Taken.Select(WireFields.FromWire)],
                WireFields.Time("time of the last event", wire.HasLastEvent, wire.LastEvent));
            Rules.Check(snapshot);
            return snapshot;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Vendor {vendorId}, number {sequenceNumber}", "snapshot", cause);
        }
    }

    private static Wire.VendorCredited ToWire(VendorCredited credited, string traceParent)
    {
        var wire = new Wire.VendorCredited
        {
            Cause = WireFields.ToWire(credited.Cause),
            Number = credited.Number,
            CouponId = credited.CouponId,
            UserId = credited.UserId,
            Ticket = credited.Ticket,
            Amount = credited.Amount,
            At = credited.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (credited.OrderId is { } orderId)
            wire.OrderId = orderId;
        return wire;
    }

    private static (VendorEvent Event, string TraceParent) FromWire(Wire.VendorCredited wire) => (
        new VendorCredited(
            WireFields.FromWire(wire.Cause),
            wire.Number,
            wire.CouponId,
            wire.UserId,
            wire.Ticket,
            wire.HasOrderId ? wire.OrderId : null,
            wire.Amount,
            WireFields.Time("time", wire.HasAt, wire.At)),
        wire.TraceParent);

    private static (VendorEvent Event, string TraceParent) FromWire(Wire.VendorNamed wire) =>
        (new VendorNamed(wire.Name, wire.Balance, wire.CouponsUsed, WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static ArgumentException NoCodec(VendorEvent happened) =>
        new($"There is no codec for the event {happened.GetType().Name}.", nameof(happened));
}
