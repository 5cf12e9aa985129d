using CouponAkka.Domain;
using CouponAkka.Domain.Products;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace CouponAkka.Contracts.Tests;

/// <summary>What stands in a product's journal, and what crosses the wire to and from it.</summary>
public sealed class ProductCodecTests : EntityCodecTests<ProductEvent, ProductCommand, ProductReply>
{
    private const long ProductId = 77;
    private const long MaxId = (1L << 53) - 1;

    private static readonly Timestamp Start = new(1_700_000_000_000_000);
    private static readonly ProductView View = new(ProductId, "치킨", 9_000, Available: 90, Reserved: 3, Sold: 7, At(1), At(2));
    private static readonly OrderStock[] One = [new(4711, 3)];
    private static readonly OrderStock[] Two = [new(4711, 3), new(MaxId, 1_000)];

    protected override char Letter => 'p';

    protected override IReadOnlyList<(object Message, string Manifest, string Hex)> Released { get; } =
    [
        (new ProductCreated("치킨", 9_000, 100, At(1)), "pc", "0A06ECB998ED82A810A8461864208180F9C0C1C48203"),
        (new ProductCreated("A", 0, 0, At(1)), "pc", "0A0141208180F9C0C1C48203"),
        (new ProductChanged("치킨", 8_000, At(2)), "ph", "0A06ECB998ED82A810C03E188280F9C0C1C48203"),
        (new ProductChanged("A", 0, At(2)), "ph", "0A0141188280F9C0C1C48203"),
        (new Restocked(50, "delivery 1", At(3)), "pq", "0832120A64656C69766572792031188380F9C0C1C48203"),
        (new Restocked(50, null, At(3)), "pq", "0832188380F9C0C1C48203"),
        (new StockReserved(Two, 9_000, At(4)), "pr", "0A0AE724FFFFFFFFFFFFFF0F120303E80718A846208480F9C0C1C48203"),
        (new StockReserved(One, 0, At(4)), "pr", "0A02E724120103208480F9C0C1C48203"),
        (new StockSold(Two, At(5)), "ps", "0A0AE724FFFFFFFFFFFFFF0F120303E807208580F9C0C1C48203"),
        (new StockReleased(One, At(5)), "pl", "0A02E724120103208580F9C0C1C48203"),
        (new StockRefused(Two, At(5)), "pf", "0A0AE724FFFFFFFFFFFFFF0F120303E807208580F9C0C1C48203"),
        (
            new ProductSnapshot(
                View,
                FirstStock: 50,
                [new("delivery 1", 40), new("delivery 2", 10)],
                [
                    new(4711, 3, OrderStockState.Reserved),
                    new(MaxId, 7, OrderStockState.Sold),
                    new(300, 1_000, OrderStockState.Refused),
                    new(301, 1, OrderStockState.Released),
                ]),
            "snapshot",
            "0A230A06ECB998ED82A810A846185A20032807388180F9C0C1C48203408280F9C0C1C4820310321A0E0A0A64656C6976657279203110281A0E0A0A64"
            + "656C69766572792032100A220EE724FFFFFFFFFFFFFF0FAC02AD022A050307E807013204020401033804"),
        (
            new ProductSnapshot(View with { Reserved = 0, Sold = 0 }, FirstStock: 90, [], []),
            "snapshot",
            "0A1F0A06ECB998ED82A810A846185A388180F9C0C1C48203408280F9C0C1C48203105A3800"),
        (new PutProduct("치킨", 9_000, 100), "put", "08A84610641A06ECB998ED82A8"),
        (new PutProduct("A", 0, 0), "put", "1A0141"),
        (new ChangeProduct("치킨", 8_000), "change", "0A0B0A06ECB998ED82A810C03E"),
        (new ChangeProduct(Price: 0), "change", "0A021000"),
        (new ChangeProduct(), "change", "0A00"),
        (new Restock(50, "delivery 1"), "restock", "0A0A64656C697665727920311032"),
        (new Restock(50), "restock", "1032"),
        (GetProduct.Instance, "get", ""),
        (new ReserveStock(4711, 3), "reserve", "080310E724"),
        (new ReleaseStock(4711), "release", "08E724"),
        (new SellStock(4711), "sell", "08E724"),
        (new ProductIs(View, Created: true), "is", "0A06ECB998ED82A810A846185A200328073001388180F9C0C1C48203408280F9C0C1C48203"),
        (new ProductIs(View), "is", "0A06ECB998ED82A810A846185A20032807388180F9C0C1C48203408280F9C0C1C48203"),
        (OrderHeard.Instance, "heard", ""),
        (new ProductRefused(ProductRefusal.ProductNotExist), "refused", "0801"),
        (new ProductRefused(ProductRefusal.ProductAlreadyExist), "refused", "0802"),
        (new ProductRefused(ProductRefusal.TooMuchStock), "refused", "0803"),
        (new ProductRefused(ProductRefusal.KeyReused), "refused", "0804"),
        (new ProductRefused(ProductRefusal.OutcomeUnknown), "refused", "0805"),
        (new ProductRefused(ProductRefusal.Unavailable), "refused", "0806"),
    ];

    protected override IReadOnlyDictionary<string, object> Impossible { get; } = new Dictionary<string, object>
    {
        ["no name"] = new ProductCreated("", 0, 0, At(1)),
        ["a negative price"] = new ProductCreated("A", -1, 0, At(1)),
        ["a negative stock"] = new ProductCreated("A", 0, -1, At(1)),
        ["no time of creation"] = new ProductCreated("A", 0, 0, new(long.MaxValue)),
        ["changed to no name"] = new ProductChanged("", 0, At(1)),
        ["changed to a negative price"] = new ProductChanged("A", -1, At(1)),
        ["no time of a change"] = new ProductChanged("A", 0, new(long.MaxValue)),
        ["a restock of nothing"] = new Restocked(0, null, At(1)),
        ["an empty key"] = new Restocked(1, "", At(1)),
        ["no time of a restock"] = new Restocked(1, null, new(long.MaxValue)),
        ["no orders"] = new StockReserved([], 0, At(1)),
        ["no order's id"] = new StockSold([new(0, 1)], At(1)),
        ["a quantity of nothing"] = new StockReleased([new(1, 0)], At(1)),
        ["more than one order can have"] = new StockRefused([new(1, 1_001)], At(1)),
        ["reserved at a negative price"] = new StockReserved(One, -1, At(1)),
        ["no time of a move"] = new StockSold(One, new(long.MaxValue)),
        ["a snapshot without a name"] = new ProductSnapshot(View with { Name = "" }, 0, [], []),
        ["a snapshot of a negative stock"] = new ProductSnapshot(View with { Available = -1 }, 0, [], []),
        ["a snapshot of a negative first stock"] = new ProductSnapshot(View, -1, [], []),
        ["a snapshot of an empty key"] = new ProductSnapshot(View, 0, [new("", 1)], []),
        ["a snapshot of a restock of nothing"] = new ProductSnapshot(View, 0, [new("a", 0)], []),
        ["a snapshot of no order"] = new ProductSnapshot(View, 0, [], [new(0, 1, OrderStockState.Sold)]),
        ["a snapshot of an order of nothing"] = new ProductSnapshot(View, 0, [], [new(1, 0, OrderStockState.Sold)]),
        ["a snapshot of an order in no state"] = new ProductSnapshot(View, 0, [], [new(1, 1, 0)]),
        ["put no name"] = new PutProduct("", 0, 0),
        ["put a negative price"] = new PutProduct("A", -1, 0),
        ["put a negative stock"] = new PutProduct("A", 0, -1),
        ["change to no name"] = new ChangeProduct(""),
        ["change to a negative price"] = new ChangeProduct(Price: -1),
        ["restock nothing"] = new Restock(0),
        ["restock under an empty key"] = new Restock(1, ""),
        ["reserve for nobody"] = new ReserveStock(0, 1),
        ["reserve nothing"] = new ReserveStock(1, 0),
        ["reserve more than one order can have"] = new ReserveStock(1, 1_001),
        ["release for nobody"] = new ReleaseStock(0),
        ["sell to nobody"] = new SellStock(0),
        ["is without a name"] = new ProductIs(View with { Name = "" }),
        ["is at a negative price"] = new ProductIs(View with { Price = -1 }),
        ["has less than nothing reserved"] = new ProductIs(View with { Reserved = -1 }),
        ["has less than nothing sold"] = new ProductIs(View with { Sold = -1 }),
        ["was created at no time"] = new ProductIs(View with { DateCreated = new(long.MaxValue) }),
        ["was updated at no time"] = new ProductIs(View with { DateUpdated = new(long.MaxValue) }),
    };

    protected override Gen<object> Any => Gen.OneOf(
        from name in Generate.Titles
        from price in Generate.Amounts
        from stock in Generate.Amounts
        from sold in Generate.Amounts
        from at in Generate.Times
        from other in Generate.Times
        from restocks in Restocks.ListOf()
        from orders in Orders.ListOf()
        let view = new ProductView(ProductId, name, price, stock, sold, stock, at, other)
        from message in Gen.Elements<object>(
            new ProductCreated(name, price, stock, at),
            new ProductChanged(name, price, at),
            new PutProduct(name, price, stock),
            new ChangeProduct(name, price),
            new ProductIs(view),
            new ProductSnapshot(view, sold, [.. restocks], [.. orders]))
        select message,
        from restock in Restocks
        from at in Generate.Times
        from message in Gen.Elements<object>(new Restocked(restock.Quantity, restock.Key, at), new Restock(restock.Quantity, restock.Key))
        select message,
        from orders in Orders.NonEmptyListOf()
        let stock = orders.Select(order => new OrderStock(order.OrderId, order.Quantity)).ToArray()
        from price in Generate.Amounts
        from at in Generate.Times
        from message in Gen.Elements<object>(
            new StockReserved(stock, price, at),
            new StockSold(stock, at),
            new StockReleased(stock, at),
            new StockRefused(stock, at),
            new ReserveStock(stock[0].OrderId, stock[0].Quantity),
            new SellStock(stock[0].OrderId),
            new ReleaseStock(stock[0].OrderId))
        select message);

    [Fact]
    public void What_can_not_be_is_refused_with_its_place_and_its_cause()
    {
        AssertRefused("Product 77, number 42", "The time is missing.", () => Event("pc", new Wire.ProductCreated { Name = "A" }));
        AssertRefused("Product 77, number 42", "The time is missing.", () => Event("ph", new Wire.ProductChanged { Name = "A" }));
        AssertRefused("Product 77, number 42", "The time is missing.", () => Event("pq", new Wire.Restocked { Quantity = 1 }));
        AssertRefused("Product 77, number 42", "The time is missing.", () => Event("pr", new Wire.StockMoved { OrderIds = { 1 }, Quantities = { 1 } }));
        AssertRefused("Product 77, number 42", "It holds no order.", () => Event("ps", new Wire.StockMoved { At = 1 }));
        AssertRefused(
            "Product 77, number 42",
            "The column of quantities has 1 entries instead of 2.",
            () => Event("pl", new Wire.StockMoved { OrderIds = { 1, 2 }, Quantities = { 1 }, At = 1 }));
        AssertRefused("Product 77, number 42", "No event has this manifest.", () => Event("cc", new Wire.ProductCreated()));
        AssertRefused("Product 77, number 42", "The number of orders is missing.", () => ProductEventCodec.DecodeSnapshot(ProductId, 42, []));
        AssertRefused("Product 77, number 42", "The product is missing.", () => SnapshotOf(new() { Orders = 0 }));
        AssertRefused("Product 77, number 42", "The column of order ids has 0 entries instead of 1.", () => SnapshotOf(new() { Orders = 1 }));
        AssertRefused(
            "Product 77, number 42",
            "The column of quantities has 0 entries instead of 1.",
            () => SnapshotOf(new() { OrderIds = { 1 }, States = { 1 }, Orders = 1 }));
        AssertRefused(
            "Product 77, number 42",
            "The column of states has 0 entries instead of 1.",
            () => SnapshotOf(new() { OrderIds = { 1 }, Quantities = { 1 }, Orders = 1 }));
        AssertRefused(
            "Product 77, number 42",
            "State 258 is not known.",
            () => SnapshotOf(new() { OrderIds = { 1 }, Quantities = { 1 }, States = { 258 }, Orders = 1 }));
        AssertRefused("Product 77", "The changes are missing.", () => ProductMessageCodec.DecodeCommand(ProductId, new("change", default)));
        AssertRefused("Product 77", "No command has this manifest.", () => ProductMessageCodec.DecodeCommand(ProductId, new("new", default)));
        AssertRefused("Product 77", "No reply has this manifest.", () => ProductMessageCodec.DecodeReply(ProductId, new("new", default)));
        AssertRefused("Product 77", "Reason 0 is not known.", () => ProductMessageCodec.DecodeReply(ProductId, new("refused", default)));

        static object Event(string manifest, IMessage message) => ProductEventCodec.Decode(ProductId, 42, manifest, message.ToByteArray(), out _);

        static object SnapshotOf(Wire.ProductSnapshot snapshot) => ProductEventCodec.DecodeSnapshot(ProductId, 42, snapshot.ToByteArray());
    }

    protected override (string Manifest, byte[] Payload) Encode(object message) => message switch
    {
        ProductEvent happened => (ProductEventCodec.Manifest(happened), ProductEventCodec.Encode(happened)),
        ProductSnapshot snapshot => (Snapshot, ProductEventCodec.EncodeSnapshot(snapshot)),
        ProductCommand command => (ProductMessageCodec.Encode(command).Manifest, ProductMessageCodec.Encode(command).Payload.ToArray()),
        _ => (ProductMessageCodec.Encode((ProductReply)message).Manifest, ProductMessageCodec.Encode((ProductReply)message).Payload.ToArray()),
    };

    protected override object Decode(object kind, byte[] payload) => kind switch
    {
        ProductEvent happened => ProductEventCodec.Decode(ProductId, SequenceNumber, ProductEventCodec.Manifest(happened), payload, out _),
        ProductSnapshot => ProductEventCodec.DecodeSnapshot(ProductId, SequenceNumber, payload),
        ProductCommand command => ProductMessageCodec.DecodeCommand(ProductId, new(Encode(command).Manifest, payload)),
        _ => ProductMessageCodec.DecodeReply(ProductId, new(Encode(kind).Manifest, payload)),
    };

    protected override byte[] Encode(ProductEvent happened, string traceParent) => ProductEventCodec.Encode(happened, traceParent);

    protected override ProductEvent Decode(string manifest, byte[] payload, out string? traceParent) =>
        ProductEventCodec.Decode(ProductId, SequenceNumber, manifest, payload, out traceParent);

    protected override void AssertSame(object expected, object actual)
    {
        if (expected is not ProductSnapshot snapshot)
        {
            base.AssertSame(expected, actual);
            return;
        }

        var other = Assert.IsType<ProductSnapshot>(actual);
        Assert.Equal(snapshot.Restocks, other.Restocks);
        Assert.Equal(snapshot.Orders, other.Orders);
        Assert.Equal(snapshot, other with { Restocks = snapshot.Restocks, Orders = snapshot.Orders });
    }

    private static Gen<RestockKey> Restocks =>
        from key in Gen.Elements("a", "delivery 2026-01-01", new string('k', 128)) from quantity in Generate.Ids select new RestockKey(key, quantity);

    private static Gen<ProductOrder> Orders =>
        from orderId in Generate.Ids
        from quantity in Gen.Choose(1, Product.MaxQuantity)
        from state in Gen.Elements(Enum.GetValues<OrderStockState>())
        select new ProductOrder(orderId, quantity, state);

    private static Timestamp At(long microseconds) => new(Start.UnixMicroseconds + microseconds);
}
