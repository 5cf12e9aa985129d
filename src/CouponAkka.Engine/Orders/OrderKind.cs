using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;

namespace CouponAkka.Engine.Orders;

/// <summary>
/// Orders. What they ask of products and coupons, and what those tell them, stands here as a whole: a product knows nobody, and what a coupon holds is
/// nobody's but the order's.
/// </summary>
public sealed class OrderKind : EntityKind<OrderEvent, OrderSnapshot>
{
    public static readonly OrderKind Instance = new();

    private OrderKind()
    {
    }

    public override int Number => 4;

    public override string Name => OrderReactions.Order;

    public override Reply OutcomeUnknown => OrderReply.OutcomeUnknown;

    public override Reply Unavailable => OrderReply.Unavailable;

    public override Reply Lost(Command command) => command is GetOrder ? Unavailable : OutcomeUnknown;

    public override IEntity New(long id) => new Order(id);

    public override IEntity From(long id, Snapshot snapshot) => Order.From((OrderSnapshot)snapshot with { OrderId = id });

    public override string ManifestOf(Event happened) => OrderEventCodec.Manifest((OrderEvent)happened);

    public override byte[] Encode(Event happened, string? traceParent) => OrderEventCodec.Encode((OrderEvent)happened, traceParent);

    public override Event Decode(long id, long sequenceNumber, string manifest, ReadOnlySpan<byte> payload, out string? traceParent) =>
        OrderEventCodec.Decode(id, sequenceNumber, manifest, payload, out traceParent);

    public override byte[] EncodeSnapshot(Snapshot snapshot) => OrderEventCodec.EncodeSnapshot((OrderSnapshot)snapshot);

    public override Snapshot DecodeSnapshot(long id, long sequenceNumber, ReadOnlySpan<byte> payload) =>
        OrderEventCodec.DecodeSnapshot(id, sequenceNumber, payload);

    public override IKindMessages Messages { get; } = new OrderMessages();

    public override IReadOnlyList<Reaction> Reactions { get; } =
    [
        .. new[] { OrderEventCodec.Placed, OrderEventCodec.StockReserved, OrderEventCodec.Paid, OrderEventCodec.Canceled }
            .Select(manifest => Reaction.ToMany<OrderEvent>(OrderReactions.Order, manifest, (cause, happened, _) => OrderReactions.Of(cause.Id, happened))),
        Reaction.ToMany<StockReserved>(OrderReactions.Product, ProductEventCodec.Reserved, (_, happened, _) => OrderReactions.Told(happened)),
        Reaction.ToMany<StockRefused>(OrderReactions.Product, ProductEventCodec.RefusedStock, (_, happened, _) => OrderReactions.Told(happened)),
        Reaction.To<CouponHeld>(CouponKind.Instance.Name, CouponEventCodec.Held, (_, happened, _) => OrderReactions.Told(happened)),
        Reaction.To<HoldRefused>(CouponKind.Instance.Name, CouponEventCodec.RefusedToHold, (_, happened, _) => OrderReactions.Told(happened)),
    ];

    public override IReadOnlyList<string> Notifications => OrderNotifications.All;

    public override NotificationLine LineOf(long id, Event happened, int index) => OrderNotifications.LineOf(id, (OrderEvent)happened);

    public override OrderDocument ViewOf(long id, string? before) => new(id, before);

    public override Timestamp? DueAfter(Event happened) => ((OrderEvent)happened).DueAt;

    public override Command TimePassed => PassTime.Instance;

    private sealed class OrderMessages : IKindMessages
    {
        public EncodedPart Encode(Command command) => OrderMessageCodec.Encode((OrderCommand)command);

        public Command DecodeCommand(long id, EncodedPart encoded) => OrderMessageCodec.DecodeCommand(id, encoded);

        public EncodedPart Encode(Reply reply) => OrderMessageCodec.Encode((OrderReply)reply);

        public Reply DecodeReply(long id, EncodedPart encoded) => OrderMessageCodec.DecodeReply(id, encoded);
    }
}

/// <summary>Orders among all entities.</summary>
public static class OrderEntities
{
    /// <summary>Asks the one writer of an order.</summary>
    public static ValueTask<Reply> AskAsync(this IEntities entities, long orderId, OrderCommand command) =>
        entities.AskAsync(OrderKind.Instance, orderId, command);

    /// <summary>Tells an order an answer to what it asked; true once it has heard.</summary>
    public static Func<long, OrderCommand, CancellationToken, ValueTask<bool>> TellerOfOrders(this IEntities entities) =>
        async (orderId, answer, cancel) => await entities.AskAsync(orderId, answer).AsTask().WaitAsync(cancel)
            is not OrderRefused { Reason: OrderRefusal.OutcomeUnknown or OrderRefusal.Unavailable };
}
