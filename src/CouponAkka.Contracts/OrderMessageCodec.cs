using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>What is asked of an order and what it answers, as bytes, for the wire between two processes that may be of different releases.</summary>
public static class OrderMessageCodec
{
    private const string Place = "place";
    private const string Get = "get";
    private const string StockReserved = "stock-reserved";
    private const string StockRefused = "stock-refused";
    private const string Held = "held";
    private const string NotHeld = "not-held";
    private const string Paid = "paid";
    private const string Declined = "declined";
    private const string Returned = "returned";
    private const string TimePassed = "time-passed";
    private const string Is = "is";
    private const string Told = "told";
    private const string Refused = "refused";

    /// <exception cref="InvalidDataException">The command can't be, so that <see cref="DecodeCommand"/> would refuse its bytes.</exception>
    public static EncodedPart Encode(OrderCommand command)
    {
        Rules.Check(command);
        return command switch
        {
            PlaceOrder place => Part(Place, ToWire(place)),
            GetOrder => Part(Get, new Wire.NoFields()),
            ConfirmStock confirm => Part(StockReserved, new Wire.ConfirmStock { Price = confirm.Price }),
            RefuseStock => Part(StockRefused, new Wire.NoFields()),
            ConfirmHold confirm => Part(Held, new Wire.ConfirmHold { Discount = confirm.Discount }),
            RefuseHold refuse => Part(NotHeld, new Wire.RefuseHold { Reason = (int)refuse.Reason }),
            ConfirmPayment => Part(Paid, new Wire.NoFields()),
            DeclinePayment => Part(Declined, new Wire.NoFields()),
            ConfirmReturn => Part(Returned, new Wire.NoFields()),
            PassTime => Part(TimePassed, new Wire.NoFields()),
            _ => throw new ArgumentException($"There is no codec for the command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <summary>The command that <see cref="Encode(OrderCommand)"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a command can't be.</exception>
    public static OrderCommand DecodeCommand(long orderId, EncodedPart encoded)
    {
        var payload = encoded.Payload.Span;
        try
        {
            OrderCommand command = encoded.Manifest switch
            {
                Place => FromWire(Wire.PlaceOrder.Parser.ParseFrom(payload)),
                Get => Plain(GetOrder.Instance, payload),
                StockReserved when Wire.ConfirmStock.Parser.ParseFrom(payload) is { HasPrice: true } wire => new ConfirmStock(wire.Price),
                StockRefused => Plain(RefuseStock.Instance, payload),
                Held when Wire.ConfirmHold.Parser.ParseFrom(payload) is { HasDiscount: true } wire => new ConfirmHold(wire.Discount),
                NotHeld => new RefuseHold((RefusalReason)Wire.RefuseHold.Parser.ParseFrom(payload).Reason),
                Paid => Plain(ConfirmPayment.Instance, payload),
                Declined => Plain(DeclinePayment.Instance, payload),
                Returned => Plain(ConfirmReturn.Instance, payload),
                TimePassed => Plain(PassTime.Instance, payload),
                StockReserved or Held => throw new InvalidDataException("The amount is missing."),
                _ => throw new InvalidDataException("No command has this manifest."),
            };
            Rules.Check(command);
            return command;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Order {orderId}", encoded.Manifest, cause);
        }
    }

    public static EncodedPart Encode(OrderReply reply) => reply switch
    {
        OrderTold => Part(Told, new Wire.NoFields()),
        OrderIs answer => Part(Is, ToWire(answer)),
        OrderRefused refused => Part(Refused, new Wire.OrderRefused { Reason = (int)refused.Reason }),
        _ => throw new ArgumentException($"There is no codec for the reply {reply.GetType().Name}.", nameof(reply)),
    };

    /// <summary>The reply that <see cref="Encode(OrderReply)"/> was given.</summary>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what a reply can't be.</exception>
    public static OrderReply DecodeReply(long orderId, EncodedPart encoded)
    {
        var payload = encoded.Payload.Span;
        try
        {
            return encoded.Manifest switch
            {
                Told => Plain(OrderTold.Instance, payload),
                Is => FromWire(orderId, Wire.OrderView.Parser.ParseFrom(payload)),
                Refused => FromWire(Wire.OrderRefused.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No reply has this manifest."),
            };
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Order {orderId}", encoded.Manifest, cause);
        }
    }

    private static EncodedPart Part(string manifest, IMessage message) => new(manifest, message.ToByteArray());

    // Parsed all the same: bytes that are no message are refused.
    private static T Plain<T>(T message, ReadOnlySpan<byte> payload)
    {
        Wire.NoFields.Parser.ParseFrom(payload);
        return message;
    }

    private static Wire.PlaceOrder ToWire(PlaceOrder place)
    {
        var wire = new Wire.PlaceOrder
        {
            Terms = WireFields.ToWire(place.Terms),
            Quantity = place.Quantity,
            ProductId = place.ProductId,
            UserId = place.UserId,
        };
        if (place.CouponId is { } couponId)
            wire.CouponId = couponId;
        if (place.Key is { } key)
            wire.Key = key;
        return wire;
    }

    private static PlaceOrder FromWire(Wire.PlaceOrder wire) => new(
        wire.UserId,
        wire.ProductId,
        wire.Quantity,
        wire.HasCouponId ? wire.CouponId : null,
        WireFields.FromWire(wire.Terms),
        wire.HasKey ? wire.Key : null);

    private static Wire.OrderView ToWire(OrderIs answer)
    {
        var order = answer.Order;
        Rules.Check(order);
        var wire = new Wire.OrderView
        {
            UserId = order.UserId,
            ProductId = order.ProductId,
            Reason = (int)(order.Reason ?? 0),
            History = { order.History.Select(WireFields.ToWire) },
            Placed = answer.Placed,
            Quantity = order.Quantity,
        };
        if (order.CouponId is { } couponId)
            wire.CouponId = couponId;
        if (order.Price is { } price)
            wire.Price = price;
        if (order.Amount is { } amount)
            wire.Amount = amount;
        if (order.Discount is { } discount)
            wire.Discount = discount;
        if (order.Paid is { } paid)
            wire.Paid = paid;
        return wire;
    }

    private static OrderIs FromWire(long orderId, Wire.OrderView wire)
    {
        var order = new OrderView(
            orderId,
            wire.UserId,
            wire.ProductId,
            wire.Quantity,
            wire.HasCouponId ? wire.CouponId : null,
            wire.Reason == 0 ? null : (CancelReason)wire.Reason,
            wire.HasPrice ? wire.Price : null,
            wire.HasAmount ? wire.Amount : null,
            wire.HasDiscount ? wire.Discount : null,
            wire.HasPaid ? wire.Paid : null,
            [.. wire.History.Select(WireFields.FromWire)]);
        Rules.Check(order);
        return new OrderIs(order, wire.Placed);
    }

    private static OrderRefused FromWire(Wire.OrderRefused wire) => Enum.IsDefined((OrderRefusal)wire.Reason)
        ? new((OrderRefusal)wire.Reason)
        : throw new InvalidDataException($"Reason {wire.Reason} is not known.");
}
