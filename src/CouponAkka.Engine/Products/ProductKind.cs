using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;

namespace CouponAkka.Engine.Products;

/// <summary>Products: price and stock.</summary>
public sealed class ProductKind : EntityKind<ProductEvent, ProductSnapshot>
{
    public static readonly ProductKind Instance = new();

    private ProductKind()
    {
    }

    public override int Number => 3;

    public override string Name => OrderReactions.Product;

    public override Reply OutcomeUnknown => ProductReply.OutcomeUnknown;

    public override Reply Unavailable => ProductReply.Unavailable;

    public override Reply Lost(Command command) => command is GetProduct ? Unavailable : OutcomeUnknown;

    public override IEntity New(long id) => new Product(id);

    public override IEntity From(long id, Snapshot snapshot) => From((ProductSnapshot)snapshot, id);

    public override IReadOnlyList<Event> Coalesce(IReadOnlyList<Event> events) => ProductEvent.Coalesce(events);

    public override string ManifestOf(Event happened) => ProductEventCodec.Manifest((ProductEvent)happened);

    public override byte[] Encode(Event happened, string? traceParent) => ProductEventCodec.Encode((ProductEvent)happened, traceParent);

    public override Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent) =>
        ProductEventCodec.Decode(id, sequenceNumber, manifest, payload, out traceParent);

    public override byte[] EncodeSnapshot(Snapshot snapshot) => ProductEventCodec.EncodeSnapshot((ProductSnapshot)snapshot);

    public override Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload) =>
        ProductEventCodec.DecodeSnapshot(id, sequenceNumber, payload);

    public override IKindMessages Messages { get; } = new ProductMessages();

    public override IReadOnlyList<string> Notifications => ProductNotifications.All;

    public override int LinesOf(Event happened) => happened is StockMoved moved ? moved.Orders.Length : 1;

    public override NotificationLine LineOf(long id, Event happened, int index) => ProductNotifications.LineOf(id, (ProductEvent)happened, index);

    public override ProductDocument ViewOf(long id, string? before) => new(id, before);

    private static Product From(ProductSnapshot snapshot, long id) =>
        Product.From(snapshot.Product.ProductId == id ? snapshot : snapshot with { Product = snapshot.Product with { ProductId = id } });

    private sealed class ProductMessages : IKindMessages
    {
        public EncodedPart Encode(Command command) => ProductMessageCodec.Encode((ProductCommand)command);

        public Command DecodeCommand(long id, EncodedPart encoded) => ProductMessageCodec.DecodeCommand(id, encoded);

        public EncodedPart Encode(Reply reply) => ProductMessageCodec.Encode((ProductReply)reply);

        public Reply DecodeReply(long id, EncodedPart encoded) => ProductMessageCodec.DecodeReply(id, encoded);
    }
}

/// <summary>Products among all entities.</summary>
public static class ProductEntities
{
    /// <summary>Asks the one writer of a product.</summary>
    public static ValueTask<Reply> AskAsync(this IEntities entities, long productId, ProductCommand command) =>
        entities.AskAsync(ProductKind.Instance, productId, command);
}
