using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>An order's events and snapshots as bytes. What any release encoded, every later one decodes to the same.</summary>
public static class OrderEventCodec
{
    /// <summary>The names of the events that others react to.</summary>
    public const string Placed = "op";

    /// <inheritdoc cref="Placed"/>
    public const string StockReserved = "or";

    /// <inheritdoc cref="Placed"/>
    public const string CouponHeld = "oh";

    /// <inheritdoc cref="Placed"/>
    public const string AskedAgain = "oa";

    /// <inheritdoc cref="Placed"/>
    public const string Paid = "od";

    /// <inheritdoc cref="Placed"/>
    public const string Canceled = "oc";

    /// <inheritdoc cref="Placed"/>
    public const string AskedReturn = "ob";

    private const string Shipped = "os";
    private const string Returned = "og";

    /// <summary>The name under which an event is stored: two letters that never change.</summary>
    public static string Manifest(OrderEvent happened) => happened switch
    {
        OrderPlaced => Placed,
        OrderStockReserved => StockReserved,
        OrderCouponHeld => CouponHeld,
        PaymentAskedAgain => AskedAgain,
        OrderPaid => Paid,
        OrderShipped => Shipped,
        OrderCanceled => Canceled,
        ReturnAsked => AskedReturn,
        PaymentReturned => Returned,
        _ => throw NoCodec(happened),
    };

    /// <param name="traceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
    /// <exception cref="InvalidDataException">The event can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public static byte[] Encode(OrderEvent happened, string? traceParent = null)
    {
        Rules.Check(happened);
        traceParent ??= "";
        IMessage message = happened switch
        {
            OrderPlaced placed => ToWire(placed, traceParent),
            OrderStockReserved reserved => ToWire(reserved, traceParent),
            OrderCouponHeld held => ToWire(held, traceParent),
            PaymentAskedAgain again => ToWire(again, traceParent),
            OrderPaid paid => ToWire(paid, traceParent),
            OrderShipped shipped => new Wire.OrderShipped { At = shipped.At.UnixMicroseconds, TraceParent = traceParent },
            OrderCanceled canceled => ToWire(canceled, traceParent),
            ReturnAsked asked => ToWire(asked, traceParent),
            PaymentReturned returned => new Wire.PaymentReturned { At = returned.At.UnixMicroseconds, TraceParent = traceParent },
            _ => throw NoCodec(happened),
        };
        return message.ToByteArray();
    }

    /// <summary>The event that <see cref="Encode"/> was given.</summary>
    /// <param name="traceParent">The trace of its write, or null.</param>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what an event can't be.</exception>
    public static OrderEvent Decode(long orderId, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent)
    {
        try
        {
            (OrderEvent happened, traceParent) = manifest switch
            {
                Placed when Wire.OrderPlaced.Parser.ParseFrom(payload) is var wire => (FromWire(wire), wire.TraceParent),
                StockReserved => FromWire(Wire.OrderStockReserved.Parser.ParseFrom(payload)),
                CouponHeld => FromWire(Wire.OrderCouponHeld.Parser.ParseFrom(payload)),
                AskedAgain => FromWire(Wire.PaymentAskedAgain.Parser.ParseFrom(payload)),
                Paid => FromWire(Wire.OrderPaid.Parser.ParseFrom(payload)),
                Shipped => FromWire(Wire.OrderShipped.Parser.ParseFrom(payload)),
                Canceled => FromWire(Wire.OrderCanceled.Parser.ParseFrom(payload)),
                AskedReturn => FromWire(Wire.ReturnAsked.Parser.ParseFrom(payload)),
                Returned => FromWire(Wire.PaymentReturned.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No event has this manifest."),
            };
            Rules.Check(happened);
            traceParent = traceParent is "" ? null : traceParent;
            return happened;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Order {orderId}, number {sequenceNumber}", manifest, cause);
        }
    }

    /// <exception cref="InvalidDataException">The snapshot can't be, so that <see cref="DecodeSnapshot"/> would refuse its bytes.</exception>
    public static byte[] EncodeSnapshot(OrderSnapshot snapshot)
    {
        Rules.Check(snapshot);
        var wire = new Wire.OrderSnapshot
        {
            Placed = ToWire(snapshot.Placed, ""),
            History = { snapshot.History.Select(WireFields.ToWire) },
            Reason = (int)(snapshot.Reason ?? 0),
            Discount = snapshot.Discount,
            TimesAsked = snapshot.TimesAsked,
            PaymentReturn = (int)snapshot.Return,
            LastAt = snapshot.LastAt.UnixMicroseconds,
        };
        if (snapshot.Price is { } price)
            wire.Price = price;
        if (snapshot.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire.ToByteArray();
    }

    /// <summary>The snapshot that <see cref="EncodeSnapshot"/> was given, of this order: <see cref="Order.From"/> takes it.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public static OrderSnapshot DecodeSnapshot(long orderId, long sequenceNumber, ReadOnlySpan<byte> payload)
    {
        try
        {
            var snapshot = FromWire(orderId, Wire.OrderSnapshot.Parser.ParseFrom(payload));
            Rules.Check(snapshot);
            return snapshot;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Order {orderId}, number {sequenceNumber}", "snapshot", cause);
        }
    }

    private static Wire.OrderPlaced ToWire(OrderPlaced placed, string traceParent)
    {
        var wire = new Wire.OrderPlaced
        {
            UserId = placed.UserId,
            ProductId = placed.ProductId,
            Quantity = placed.Quantity,
            Terms = WireFields.ToWire(placed.Terms),
            At = placed.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (placed.CouponId is { } couponId)
            wire.CouponId = couponId;
        if (placed.Key is { } key)
            wire.Key = key;
        if (placed.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static OrderPlaced FromWire(Wire.OrderPlaced wire) => new(
        wire.UserId,
        wire.ProductId,
        wire.Quantity,
        wire.HasCouponId ? wire.CouponId : null,
        WireFields.FromWire(wire.Terms),
        At(wire.HasAt, wire.At),
        Due(wire.HasDueAt, wire.DueAt),
        wire.HasKey ? wire.Key : null);

    private static Wire.OrderStockReserved ToWire(OrderStockReserved reserved, string traceParent)
    {
        var wire = new Wire.OrderStockReserved
        {
            UserId = reserved.UserId,
            Price = reserved.Price,
            Amount = reserved.Amount,
            At = reserved.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (reserved.CouponId is { } couponId)
            wire.CouponId = couponId;
        if (reserved.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.OrderStockReserved wire) => (
        new OrderStockReserved(
            wire.UserId,
            wire.HasCouponId ? wire.CouponId : null,
            wire.Price,
            wire.Amount,
            At(wire.HasAt, wire.At),
            Due(wire.HasDueAt, wire.DueAt)),
        wire.TraceParent);

    private static Wire.OrderCouponHeld ToWire(OrderCouponHeld held, string traceParent)
    {
        var wire = new Wire.OrderCouponHeld
        {
            Discount = held.Discount,
            ToPay = held.ToPay,
            At = held.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (held.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.OrderCouponHeld wire) =>
        (new OrderCouponHeld(wire.Discount, wire.ToPay, At(wire.HasAt, wire.At), Due(wire.HasDueAt, wire.DueAt)), wire.TraceParent);

    private static Wire.PaymentAskedAgain ToWire(PaymentAskedAgain again, string traceParent)
    {
        var wire = new Wire.PaymentAskedAgain
        {
            ToPay = again.ToPay,
            Time = again.Time,
            At = again.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (again.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.PaymentAskedAgain wire) =>
        (new PaymentAskedAgain(wire.ToPay, wire.Time, At(wire.HasAt, wire.At), Due(wire.HasDueAt, wire.DueAt)), wire.TraceParent);

    private static Wire.OrderPaid ToWire(OrderPaid paid, string traceParent)
    {
        var wire = new Wire.OrderPaid { ProductId = paid.ProductId, At = paid.At.UnixMicroseconds, TraceParent = traceParent };
        if (paid.CouponId is { } couponId)
            wire.CouponId = couponId;
        if (paid.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.OrderPaid wire) => (
        new OrderPaid(wire.ProductId, wire.HasCouponId ? wire.CouponId : null, At(wire.HasAt, wire.At), Due(wire.HasDueAt, wire.DueAt)),
        wire.TraceParent);

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.OrderShipped wire) =>
        (new OrderShipped(At(wire.HasAt, wire.At)), wire.TraceParent);

    private static Wire.OrderCanceled ToWire(OrderCanceled canceled, string traceParent)
    {
        var wire = new Wire.OrderCanceled
        {
            Reason = (int)canceled.Reason,
            MayBePaid = canceled.MayBePaid,
            At = canceled.At.UnixMicroseconds,
            TraceParent = traceParent,
        };
        if (canceled.ProductId is { } productId)
            wire.ProductId = productId;
        if (canceled.CouponId is { } couponId)
            wire.CouponId = couponId;
        if (canceled.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.OrderCanceled wire) => (
        new OrderCanceled(
            (CancelReason)wire.Reason,
            wire.HasProductId ? wire.ProductId : null,
            wire.HasCouponId ? wire.CouponId : null,
            wire.MayBePaid,
            At(wire.HasAt, wire.At),
            Due(wire.HasDueAt, wire.DueAt)),
        wire.TraceParent);

    private static Wire.ReturnAsked ToWire(ReturnAsked asked, string traceParent)
    {
        var wire = new Wire.ReturnAsked { Time = asked.Time, At = asked.At.UnixMicroseconds, TraceParent = traceParent };
        if (asked.DueAt is { } due)
            wire.DueAt = due.UnixMicroseconds;
        return wire;
    }

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.ReturnAsked wire) =>
        (new ReturnAsked(wire.Time, At(wire.HasAt, wire.At), Due(wire.HasDueAt, wire.DueAt)), wire.TraceParent);

    private static (OrderEvent Event, string TraceParent) FromWire(Wire.PaymentReturned wire) =>
        (new PaymentReturned(At(wire.HasAt, wire.At)), wire.TraceParent);

    private static OrderSnapshot FromWire(long orderId, Wire.OrderSnapshot wire) => new(
        orderId,
        wire.Placed is { } placed ? FromWire(placed) : throw new InvalidDataException("The beginning of the order is missing."),
        [.. wire.History.Select(WireFields.FromWire)],
        wire.Reason == 0 ? null : (CancelReason)wire.Reason,
        wire.HasPrice ? wire.Price : null,
        wire.Discount,
        WireFields.Time("time of the last event", wire.HasLastAt, wire.LastAt),
        Due(wire.HasDueAt, wire.DueAt),
        wire.TimesAsked,
        (PaymentReturn)wire.PaymentReturn);

    private static Timestamp At(bool has, long at) => WireFields.Time("time", has, at);

    private static Timestamp? Due(bool has, long dueAt) => has ? new Timestamp(dueAt) : null;

    private static ArgumentException NoCodec(OrderEvent happened) =>
        new($"There is no codec for the event {happened.GetType().Name}.", nameof(happened));
}
