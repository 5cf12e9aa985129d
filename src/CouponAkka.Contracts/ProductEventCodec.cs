using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using Google.Protobuf;

namespace CouponAkka.Contracts;

/// <summary>A product's events and snapshots as bytes. What any release encoded, every later one decodes to the same.</summary>
public static class ProductEventCodec
{
    /// <summary>The name of <see cref="StockReserved"/>, which orders react to.</summary>
    public const string Reserved = "pr";

    /// <summary>The name of <see cref="StockRefused"/>, which orders react to.</summary>
    public const string RefusedStock = "pf";

    private const string Created = "pc";
    private const string Changed = "ph";
    private const string Added = "pq";
    private const string Released = "pl";
    private const string Sold = "ps";

    /// <summary>The name under which an event is stored: two letters that never change.</summary>
    public static string Manifest(ProductEvent happened) => happened switch
    {
        StockReserved => Reserved,
        StockSold => Sold,
        StockReleased => Released,
        StockRefused => RefusedStock,
        Restocked => Added,
        ProductCreated => Created,
        ProductChanged => Changed,
        _ => throw NoCodec(happened),
    };

    /// <param name="traceParent">The trace of the write, as W3C <c>traceparent</c>, or null.</param>
    /// <exception cref="InvalidDataException">The event can't be, so that <see cref="Decode"/> would refuse its bytes.</exception>
    public static byte[] Encode(ProductEvent happened, string? traceParent = null)
    {
        Rules.Check(happened);
        traceParent ??= "";
        IMessage message = happened switch
        {
            StockMoved moved => ToWire(moved, traceParent),
            Restocked restocked => ToWire(restocked, traceParent),
            ProductCreated created => new Wire.ProductCreated
            {
                Name = created.Name,
                Price = created.Price,
                Stock = created.Stock,
                At = created.At.UnixMicroseconds,
                TraceParent = traceParent,
            },
            ProductChanged changed => new Wire.ProductChanged
            {
                Name = changed.Name,
                Price = changed.Price,
                At = changed.At.UnixMicroseconds,
                TraceParent = traceParent,
            },
            _ => throw NoCodec(happened),
        };
        return message.ToByteArray();
    }

    /// <summary>The event that <see cref="Encode"/> was given.</summary>
    /// <param name="traceParent">The trace of its write, or null.</param>
    /// <exception cref="UnreadableMessageException">The manifest is unknown, or the bytes are damaged or hold what an event can't be.</exception>
    public static ProductEvent Decode(long productId, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent)
    {
        try
        {
            (var happened, traceParent) = manifest switch
            {
                Reserved or Sold or Released or RefusedStock => FromWire(manifest, Wire.StockMoved.Parser.ParseFrom(payload)),
                Added => FromWire(Wire.Restocked.Parser.ParseFrom(payload)),
                Created => FromWire(Wire.ProductCreated.Parser.ParseFrom(payload)),
                Changed => FromWire(Wire.ProductChanged.Parser.ParseFrom(payload)),
                _ => throw new InvalidDataException("No event has this manifest."),
            };
            Rules.Check(happened);
            traceParent = traceParent is "" ? null : traceParent;
            return happened;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Product {productId}, number {sequenceNumber}", manifest, cause);
        }
    }

    /// <exception cref="InvalidDataException">The snapshot can't be, so that <see cref="DecodeSnapshot"/> would refuse its bytes.</exception>
    public static byte[] EncodeSnapshot(ProductSnapshot snapshot)
    {
        Rules.Check(snapshot);
        return new Wire.ProductSnapshot
        {
            Product = WireFields.ToWire(snapshot.Product),
            FirstStock = snapshot.FirstStock,
            Restocks = { snapshot.Restocks.Select(restock => new Wire.RestockKey { Key = restock.Key, Quantity = restock.Quantity }) },
            OrderIds = { snapshot.Orders.Select(order => order.OrderId) },
            Quantities = { snapshot.Orders.Select(order => order.Quantity) },
            States = { snapshot.Orders.Select(order => (int)order.State) },
            Orders = snapshot.Orders.Length,
        }.ToByteArray();
    }

    /// <summary>The snapshot that <see cref="EncodeSnapshot"/> was given, of this product: <see cref="Product.From"/> takes it.</summary>
    /// <exception cref="UnreadableMessageException">The bytes are damaged or hold what a snapshot can't be.</exception>
    public static ProductSnapshot DecodeSnapshot(long productId, long sequenceNumber, ReadOnlySpan<byte> payload)
    {
        try
        {
            var snapshot = FromWire(productId, Wire.ProductSnapshot.Parser.ParseFrom(payload));
            Rules.Check(snapshot);
            return snapshot;
        }
        catch (Exception cause) when (UnreadableMessageException.IsCausedBy(cause))
        {
            throw new UnreadableMessageException($"Product {productId}, number {sequenceNumber}", "snapshot", cause);
        }
    }

    private static Wire.StockMoved ToWire(StockMoved moved, string traceParent) => new()
    {
        OrderIds = { moved.Orders.Select(order => order.OrderId) },
        Quantities = { moved.Orders.Select(order => order.Quantity) },
        Price = moved is StockReserved reserved ? reserved.Price : 0,
        At = moved.At.UnixMicroseconds,
        TraceParent = traceParent,
    };

    private static (ProductEvent Event, string TraceParent) FromWire(string manifest, Wire.StockMoved wire)
    {
        Rules.CheckColumn("quantities", wire.Quantities.Count, wire.OrderIds.Count);
        var orders = new OrderStock[wire.OrderIds.Count];
        for (var i = 0; i < orders.Length; i++)
            orders[i] = new OrderStock(wire.OrderIds[i], wire.Quantities[i]);
        var at = WireFields.Time("time", wire.HasAt, wire.At);
        ProductEvent moved = manifest switch
        {
            Reserved => new StockReserved(orders, wire.Price, at),
            Sold => new StockSold(orders, at),
            Released => new StockReleased(orders, at),
            _ => new StockRefused(orders, at),
        };
        return (moved, wire.TraceParent);
    }

    private static Wire.Restocked ToWire(Restocked restocked, string traceParent)
    {
        var wire = new Wire.Restocked { Quantity = restocked.Quantity, At = restocked.At.UnixMicroseconds, TraceParent = traceParent };
        if (restocked.Key is { } key)
            wire.Key = key;
        return wire;
    }

    private static (ProductEvent Event, string TraceParent) FromWire(Wire.Restocked wire) =>
        (new Restocked(wire.Quantity, wire.HasKey ? wire.Key : null, WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static (ProductEvent Event, string TraceParent) FromWire(Wire.ProductCreated wire) =>
        (new ProductCreated(wire.Name, wire.Price, wire.Stock, WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static (ProductEvent Event, string TraceParent) FromWire(Wire.ProductChanged wire) =>
        (new ProductChanged(wire.Name, wire.Price, WireFields.Time("time", wire.HasAt, wire.At)), wire.TraceParent);

    private static ProductSnapshot FromWire(long productId, Wire.ProductSnapshot wire)
    {
        if (!wire.HasOrders)
            throw new InvalidDataException("The number of orders is missing.");
        Rules.CheckColumn("order ids", wire.OrderIds.Count, wire.Orders);
        Rules.CheckColumn("quantities", wire.Quantities.Count, wire.Orders);
        Rules.CheckColumn("states", wire.States.Count, wire.Orders);
        var orders = new ProductOrder[wire.OrderIds.Count];
        for (var i = 0; i < orders.Length; i++)
            orders[i] = new ProductOrder(wire.OrderIds[i], wire.Quantities[i], State(wire.States[i]));
        return new ProductSnapshot(
            WireFields.FromWire(productId, wire.Product),
            wire.FirstStock,
            [.. wire.Restocks.Select(restock => new RestockKey(restock.Key, restock.Quantity))],
            orders);
    }

    private static OrderStockState State(int state) =>
        state is > 0 and <= byte.MaxValue ? (OrderStockState)state : throw new InvalidDataException($"State {state} is not known.");

    private static ArgumentException NoCodec(ProductEvent happened) =>
        new($"There is no codec for the event {happened.GetType().Name}.", nameof(happened));
}
