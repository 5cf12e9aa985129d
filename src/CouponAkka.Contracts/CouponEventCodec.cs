using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>A coupon's events as bytes, for the journal. What any release encoded, every later one decodes to the same event.</summary>
public static class CouponEventCodec
{
    private const string Created = "cc";
    private const string Changed = "ch";
    private const string Stopped = "cp";
    private const string Resumed = "cr";
    private const string Issued = "ci";
    private const string Released = "cl";

    /// <summary>The name of <see cref="CouponHeld"/>, which orders react to.</summary>
    public const string Held = "cd";

    /// <summary>The name of <see cref="HoldRefused"/>, which orders react to.</summary>
    public const string RefusedToHold = "cf";

    /// <summary>The name of <see cref="CouponUsed"/>, which others react to.</summary>
    public const string Used = "cu";

    /// <summary>The name under which an event is stored: two letters that never change.</summary>
    public static string Manifest(CouponEvent happened) => happened switch
    {
        CouponsIssued => Issued,
        CouponUsed => Used,
        CouponHeld => Held,
        HoldReleased => Released,
        HoldRefused => RefusedToHold,
        CouponCreated => Created,
        CouponChanged => Changed,
        IssuingStopped => Stopped,
        IssuingResumed => Resumed,
        _ => throw NoCodec(happened),
    };

    /// <param name="traceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
    /// <exception cref="InvalidDataException">The event can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public static byte[] Encode(CouponEvent happened, string? traceParent = null)
    {
        Rules.Check(happened);
        traceParent ??= "";
        return happened switch
        {
            CouponsIssued issued => ToColumns(issued.Issues, traceParent),
            CouponUsed used => ToWire(used, traceParent).ToByteArray(),
            CouponHeld held => ToWire(held, traceParent).ToByteArray(),
            HoldReleased released => ToWire(released, traceParent).ToByteArray(),
            HoldRefused refused => ToWire(refused, traceParent).ToByteArray(),
            CouponCreated created => ToWire(created, traceParent).ToByteArray(),
            CouponChanged changed => ToWire(changed, traceParent).ToByteArray(),
            IssuingStopped stopped => new Wire.IssuingStopped { At = stopped.At.UnixMicroseconds, TraceParent = traceParent }.ToByteArray(),
            IssuingResumed resumed => new Wire.IssuingResumed { At = resumed.At.UnixMicroseconds, TraceParent = traceParent }.ToByteArray(),
            _ => throw NoCodec(happened),
        };
    }

    /// <summary>The event that <see cref="Encode"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">
    /// The manifest is unknown, or the bytes are damaged or hold what an event can't be.
    /// </exception>
    public static CouponEvent Decode(long couponId, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload) =>
        Decode(couponId, sequenceNumber, manifest, payload, out _);

    /// <inheritdoc cref="Decode(long, long, string, ReadOnlySpan{byte})"/>
    /// <param name="traceParent">The trace of its write, or null.</param>
    public static CouponEvent Decode(long couponId, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent)
    {
        try
        {
            (var happened, traceParent) = manifest switch
            {
                Issued => FromWire(Wire.CouponsIssued.Parser.ParseFrom(payload)),
                Used => FromWire(Wire.CouponUsed.Parser.ParseFrom(payload)),
                Held => FromWire(Wire.CouponHeld.Parser.ParseFrom(payload)),
                Released => FromWire(Wire.HoldReleased.Parser.ParseFrom(payload)),
                RefusedToHold => FromWire(Wire.HoldRefused.Parser.ParseFrom(payload)),
                Created => FromWire(Wire.CouponCreated.Parser.ParseFrom(payload)),
                Changed => FromWire(Wire.CouponChanged.Parser.ParseFrom(payload)),
                Stopped => FromWire(Wire.IssuingStopped.Parser.ParseFrom(payload)),
                Resumed => FromWire(Wire.IssuingResumed.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No event has this manifest."),
            };
            Rules.Check(happened);
            traceParent = traceParent is "" ? null : traceParent;
            return happened;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException(couponId, sequenceNumber, manifest, cause);
        }
    }

    // By hand, for every issue passes here on its way to the journal: half the time that the generated
    // Wire.CouponsIssued takes for the same bytes, and a quarter of the memory.
    private static byte[] ToColumns(CouponIssued[] issues, string traceParent)
    {
        var firstTicket = issues[0].Ticket;
        var userIdsLength = 0;
        var datesLength = 0;
        var before = 0L;
        foreach (var issue in issues)
        {
            userIdsLength += CodedOutputStream.ComputeInt64Size(issue.UserId);
            datesLength += CodedOutputStream.ComputeSInt64Size(issue.DateIssued.UnixMicroseconds - before);
            before = issue.DateIssued.UnixMicroseconds;
        }

        const int tagsLength = 3;
        var payload = new byte[tagsLength
            + CodedOutputStream.ComputeInt64Size(firstTicket)
            + CodedOutputStream.ComputeLengthSize(userIdsLength) + userIdsLength
            + CodedOutputStream.ComputeLengthSize(datesLength) + datesLength
            + (traceParent.Length == 0 ? 0 : 1 + CodedOutputStream.ComputeStringSize(traceParent))];
        using var output = new CodedOutputStream(payload);
        output.WriteTag(Wire.CouponsIssued.FirstTicketFieldNumber, WireFormat.WireType.Varint);
        output.WriteInt64(firstTicket);
        output.WriteTag(Wire.CouponsIssued.UserIdsFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteLength(userIdsLength);
        foreach (var issue in issues)
            output.WriteInt64(issue.UserId);
        output.WriteTag(Wire.CouponsIssued.DatesIssuedFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteLength(datesLength);
        before = 0;
        foreach (var issue in issues)
        {
            output.WriteSInt64(issue.DateIssued.UnixMicroseconds - before);
            before = issue.DateIssued.UnixMicroseconds;
        }

        if (traceParent.Length > 0)
        {
            output.WriteTag(Wire.CouponsIssued.TraceParentFieldNumber, WireFormat.WireType.LengthDelimited);
            output.WriteString(traceParent);
        }

        output.CheckNoSpaceLeft();
        return payload;
    }

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.CouponsIssued wire)
    {
        Rules.CheckColumn("times of issue", wire.DatesIssued.Count, wire.UserIds.Count);
        var issues = new CouponIssued[wire.UserIds.Count];
        var time = 0L;
        for (var i = 0; i < issues.Length; i++)
        {
            time += wire.DatesIssued[i];
            issues[i] = new CouponIssued(wire.UserIds[i], wire.FirstTicket + i, new Timestamp(time));
        }

        return (new CouponsIssued(issues), wire.TraceParent);
    }

    private static Wire.CouponUsed ToWire(CouponUsed used, string traceParent)
    {
        var wire = new Wire.CouponUsed
        {
            UserId = used.UserId,
            Ticket = used.Ticket,
            DiscountAmount = used.DiscountAmount,
            TraceParent = traceParent,
        };
        if (used.OrderId is { } orderId)
            (wire.OrderId, wire.DateUsedByOrder) = (orderId, used.DateUsed.UnixMicroseconds);
        else
            wire.DateUsed = used.DateUsed.UnixMicroseconds;
        if (used.OrderAmount is { } amount)
            wire.OrderAmount = amount;
        if (used.VendorId is { } vendorId)
            wire.VendorId = vendorId;
        return wire;
    }

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.CouponUsed wire) => (
        new CouponUsed(
            wire.UserId,
            wire.Ticket,
            wire.HasOrderAmount ? wire.OrderAmount : null,
            wire.DiscountAmount,
            wire.HasVendorId ? wire.VendorId : null,
            wire.HasDateUsedByOrder
                ? new Timestamp(wire.DateUsedByOrder)
                : WireFields.Time("time of use", wire.HasDateUsed, wire.DateUsed),
            wire.HasDateUsedByOrder ? wire.OrderId : null),
        wire.TraceParent);

    private static Wire.CouponHeld ToWire(CouponHeld held, string traceParent) => new()
    {
        UserId = held.UserId,
        Ticket = held.Ticket,
        OrderId = held.OrderId,
        OrderAmount = held.OrderAmount,
        DiscountAmount = held.DiscountAmount,
        At = held.At.UnixMicroseconds,
        TraceParent = traceParent,
    };

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.CouponHeld wire) => (
        new CouponHeld(
            wire.UserId, wire.Ticket, wire.OrderId, wire.OrderAmount, wire.DiscountAmount, WireFields.Time("time", wire.HasAt, wire.At)),
        wire.TraceParent);

    private static Wire.HoldReleased ToWire(HoldReleased released, string traceParent) => new()
    {
        Ticket = released.Ticket,
        OrderId = released.OrderId,
        At = released.At.UnixMicroseconds,
        TraceParent = traceParent,
    };

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.HoldReleased wire) =>
        (new HoldReleased(wire.Ticket, wire.OrderId, WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static Wire.HoldRefused ToWire(HoldRefused refused, string traceParent) => new()
    {
        OrderId = refused.OrderId,
        Reason = (int)refused.Reason,
        At = refused.At.UnixMicroseconds,
        TraceParent = traceParent,
    };

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.HoldRefused wire) =>
        (new HoldRefused(wire.OrderId, (RefusalReason)wire.Reason, WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static Wire.CouponCreated ToWire(CouponCreated created, string traceParent) =>
        new() { Policy = WireFields.ToWire(created.Policy), At = created.At.UnixMicroseconds, TraceParent = traceParent };

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.CouponCreated wire) =>
        (new CouponCreated(WireFields.FromWire(wire.Policy), WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static Wire.CouponChanged ToWire(CouponChanged changed, string traceParent)
    {
        var wire = new Wire.CouponChanged
        {
            Title = changed.Title,
            DateIssueStart = changed.DateIssueStart.UnixMicroseconds,
            DateIssueEnd = changed.DateIssueEnd.UnixMicroseconds,
            At = changed.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (changed.TotalQuantity is { } total)
            wire.TotalQuantity = total;
        return wire;
    }

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.CouponChanged wire) => (
        new CouponChanged(
            wire.Title,
            wire.HasTotalQuantity ? wire.TotalQuantity : null,
            WireFields.Time("start", wire.HasDateIssueStart, wire.DateIssueStart),
            WireFields.Time("end", wire.HasDateIssueEnd, wire.DateIssueEnd),
            WireFields.Time("time", wire.HasAt, wire.At)),
        wire.TraceParent);

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.IssuingStopped wire) =>
        (new IssuingStopped(WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static (CouponEvent Event, string TraceParent) FromWire(Wire.IssuingResumed wire) =>
        (new IssuingResumed(WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static ArgumentException NoCodec(CouponEvent happened) =>
        new($"There is no codec for the event {happened.GetType().Name}.", nameof(happened));
}
