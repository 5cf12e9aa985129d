using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace CouponAkka.Contracts.Tests;

/// <summary>What stands in an order's journal, and what crosses the wire to and from it.</summary>
public sealed class OrderCodecTests : EntityCodecTests<OrderEvent, OrderCommand, OrderReply>
{
    private const long OrderId = 77;

    private static readonly Timestamp Start = new(1_700_000_000_000_000);
    private static readonly Timestamp Never = new(long.MaxValue);
    private static readonly OrderTerms Terms = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
    private static readonly OrderTerms NoTerms = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
    private static readonly OrderPlaced Placed = new(300, 9, 3, 4711, Terms, At(1), At(30_000_001), "key 1");
    private static readonly OrderPlaced Plain = new(300, 9, 1, null, NoTerms, At(1), null);

    private static readonly OrderView View = new(
        OrderId, 300, 9, 3, 4711, null, 9_000, 27_000, 3_000, 24_000, [new(OrderState.Created, At(1)), new(OrderState.Paid, At(4))]);

    private static readonly OrderView Canceled = new(
        OrderId, 300, 9, 1, null, CancelReason.OutOfStock, null, null, null, null, [new(OrderState.Canceled, At(4))]);

    private static readonly OrderSnapshot Paid = new(
        OrderId, Placed, View.History, null, 9_000, 3_000, At(4), At(5_000_004), TimesAsked: 2, PaymentReturn.None);

    private static readonly OrderSnapshot GivenBack = new(
        OrderId, Plain, Canceled.History, CancelReason.TimedOut, null, 0, At(4), null, TimesAsked: 0, PaymentReturn.Done);

    protected override char Letter => 'o';

    protected override IReadOnlyList<(object Message, string Manifest, string Hex)> Released { get; } =
    [
        (Placed, "op", "08AC021009180320E7242A0E088087A70E1080897A18C096B102308187A0CFC1C482033A056B65792031408180F9C0C1C48203"),
        (Plain, "op", "08AC02100918012A00408180F9C0C1C48203"),
        (new OrderStockReserved(300, 4711, 9_000, 27_000, At(2), At(30_000_001)), "or", "08AC0210E72418A84620F8D201288187A0CFC1C48203308280F9C0C1C48203"),
        (new OrderStockReserved(300, null, 0, 0, At(2), null), "or", "08AC02308280F9C0C1C48203"),
        (new OrderCouponHeld(3_000, 24_000, At(3), At(2_000_003)), "oh", "08B81710C0BB01188389F3C1C1C48203208380F9C0C1C48203"),
        (new OrderCouponHeld(0, 0, At(3), null), "oh", "208380F9C0C1C48203"),
        (new PaymentAskedAgain(24_000, 1, At(4), At(4_000_004)), "oa", "08C0BB011001188492EDC2C1C48203208480F9C0C1C48203"),
        (new PaymentAskedAgain(0, 0, At(4), null), "oa", "208480F9C0C1C48203"),
        (new OrderPaid(9, 4711, At(4), At(5_000_004)), "od", "080910E72418C496AAC3C1C48203208480F9C0C1C48203"),
        (new OrderPaid(9, null, At(4), null), "od", "0809208480F9C0C1C48203"),
        (new OrderShipped(At(5)), "os", "088580F9C0C1C48203"),
        (new OrderCanceled(CancelReason.OutOfStock, null, null, MayBePaid: false, At(4), null), "oc", "0801308480F9C0C1C48203"),
        (new OrderCanceled(CancelReason.CouponNotHeld, 9, null, MayBePaid: false, At(4), null), "oc", "08021009308480F9C0C1C48203"),
        (new OrderCanceled(CancelReason.CouponAlreadyUsed, 9, null, MayBePaid: false, At(4), null), "oc", "08031009308480F9C0C1C48203"),
        (new OrderCanceled(CancelReason.InvalidOrderAmount, 9, null, MayBePaid: false, At(4), null), "oc", "08041009308480F9C0C1C48203"),
        (new OrderCanceled(CancelReason.PaymentDeclined, 9, 4711, MayBePaid: false, At(4), null), "oc", "0805100918E724308480F9C0C1C48203"),
        (
            new OrderCanceled(CancelReason.TimedOut, 9, 4711, MayBePaid: true, At(4), At(2_000_004)),
            "oc",
            "0806100918E7242001288489F3C1C1C48203308480F9C0C1C48203"),
        (new ReturnAsked(1, At(5), At(4_000_005)), "ob", "0801108592EDC2C1C48203188580F9C0C1C48203"),
        (new ReturnAsked(0, At(5), null), "ob", "188580F9C0C1C48203"),
        (new PaymentReturned(At(6)), "og", "088680F9C0C1C48203"),
        (
            Paid,
            "snapshot",
            "0A3308AC021009180320E7242A0E088087A70E1080897A18C096B102308187A0CFC1C482033A056B65792031408180F9C0C1C48203120B0801108180"
            + "F9C0C1C48203120B0804108480F9C0C1C4820320A84628B81730C496AAC3C1C482033802488480F9C0C1C48203"),
        (GivenBack, "snapshot", "0A1208AC02100918012A00408180F9C0C1C48203120B0806108480F9C0C1C4820318064002488480F9C0C1C48203"),
        (new PlaceOrder(300, 9, 3, 4711, Terms, "key 1"), "place", "0A0E088087A70E1080897A18C096B10210E7241A056B657920312003280930AC02"),
        (new PlaceOrder(300, 9, 1, null, NoTerms), "place", "0A002001280930AC02"),
        (GetOrder.Instance, "get", ""),
        (new ConfirmStock(9_000), "stock-reserved", "08A846"),
        (new ConfirmStock(0), "stock-reserved", "0800"),
        (RefuseStock.Instance, "stock-refused", ""),
        (new ConfirmHold(3_000), "held", "08B817"),
        (new ConfirmHold(0), "held", "0800"),
        (new RefuseHold(RefusalReason.AlreadyUsed), "not-held", "0809"),
        (ConfirmPayment.Instance, "paid", ""),
        (DeclinePayment.Instance, "declined", ""),
        (ConfirmReturn.Instance, "returned", ""),
        (PassTime.Instance, "time-passed", ""),
        (new OrderIs(View, Placed: true), "is", "08AC02100918E72428A84630F8D20138B81740C0BB014A0B0801108180F9C0C1C482034A0B0804108480F9C0C1C4820350015803"),
        (new OrderIs(Canceled), "is", "08AC02100920014A0B0806108480F9C0C1C482035801"),
        (OrderTold.Instance, "told", ""),
        (new OrderRefused(OrderRefusal.OrderNotExist), "refused", "0801"),
        (new OrderRefused(OrderRefusal.OtherOrderExists), "refused", "0802"),
        (new OrderRefused(OrderRefusal.KeyReused), "refused", "0803"),
        (new OrderRefused(OrderRefusal.OutcomeUnknown), "refused", "0804"),
        (new OrderRefused(OrderRefusal.Unavailable), "refused", "0805"),
    ];

    protected override IReadOnlyDictionary<string, object> Impossible { get; } = new Dictionary<string, object>
    {
        ["no user"] = Placed with { UserId = 0 },
        ["no product"] = Placed with { ProductId = 0 },
        ["nothing"] = Placed with { Quantity = 0 },
        ["more than one order can have"] = Placed with { Quantity = 1_001 },
        ["no coupon's id"] = Placed with { CouponId = 0 },
        ["an empty key"] = Placed with { Key = "" },
        ["a negative time out"] = Placed with { Terms = Terms with { TimeOut = -TimeSpan.FromSeconds(1) } },
        ["a pause finer than a microsecond"] = Placed with { Terms = Terms with { AskAgainAfter = new(1) } },
        ["a negative preparation"] = Placed with { Terms = Terms with { Preparation = -TimeSpan.FromSeconds(1) } },
        ["no time"] = Placed with { At = Never },
        ["due at no time"] = Placed with { DueAt = Never },
        ["reserved for nobody"] = new OrderStockReserved(0, null, 0, 0, At(1), null),
        ["reserved for no coupon's id"] = new OrderStockReserved(1, 0, 0, 0, At(1), null),
        ["reserved at a negative price"] = new OrderStockReserved(1, null, -1, 0, At(1), null),
        ["reserved for a negative amount"] = new OrderStockReserved(1, null, 0, -1, At(1), null),
        ["a negative discount"] = new OrderCouponHeld(-1, 0, At(1), null),
        ["less than nothing to pay"] = new OrderCouponHeld(0, -1, At(1), null),
        ["asked again for less than nothing"] = new PaymentAskedAgain(-1, 0, At(1), null),
        ["asked again a negative time"] = new PaymentAskedAgain(0, -1, At(1), null),
        ["paid for no product"] = new OrderPaid(0, null, At(1), null),
        ["paid for no coupon's id"] = new OrderPaid(1, 0, At(1), null),
        ["shipped at no time"] = new OrderShipped(Never),
        ["canceled for no reason"] = new OrderCanceled(0, null, null, false, At(1), null),
        ["canceled of no product's id"] = new OrderCanceled(CancelReason.TimedOut, 0, null, false, At(1), null),
        ["canceled of no coupon's id"] = new OrderCanceled(CancelReason.TimedOut, null, 0, false, At(1), null),
        ["asked to give back a negative time"] = new ReturnAsked(-1, At(1), null),
        ["given back at no time"] = new PaymentReturned(Never),
        ["a snapshot of nothing placed"] = Paid with { Placed = Placed with { Quantity = 0 } },
        ["a snapshot without history"] = Paid with { History = [] },
        ["a snapshot of no state"] = Paid with { History = [new(0, At(1))] },
        ["a snapshot of a state at no time"] = Paid with { History = [new(OrderState.Created, Never)] },
        ["a snapshot of no reason"] = Paid with { Reason = (CancelReason)99 },
        ["a snapshot of a negative price"] = Paid with { Price = -1 },
        ["a snapshot of a negative discount"] = Paid with { Discount = -1 },
        ["a snapshot of no time"] = Paid with { LastAt = Never },
        ["a snapshot due at no time"] = Paid with { DueAt = Never },
        ["a snapshot asked a negative time"] = Paid with { TimesAsked = -1 },
        ["a snapshot of no return"] = Paid with { Return = (PaymentReturn)99 },
        ["place for nobody"] = new PlaceOrder(0, 9, 1, null, Terms),
        ["place under an empty key"] = new PlaceOrder(1, 9, 1, null, Terms, ""),
        ["place with a negative time out"] = new PlaceOrder(1, 9, 1, null, Terms with { TimeOut = -TimeSpan.FromSeconds(1) }),
        ["confirm a negative price"] = new ConfirmStock(-1),
        ["confirm a negative discount"] = new ConfirmHold(-1),
        ["refuse for no reason"] = new RefuseHold(0),
        ["is of nobody"] = new OrderIs(View with { UserId = 0 }),
        ["is canceled for no reason"] = new OrderIs(View with { Reason = (CancelReason)99 }),
        ["is without history"] = new OrderIs(View with { History = [] }),
        ["is at a negative price"] = new OrderIs(View with { Price = -1 }),
        ["is of a negative amount"] = new OrderIs(View with { Amount = -1 }),
        ["is at a negative discount"] = new OrderIs(View with { Discount = -1 }),
        ["is paid less than nothing"] = new OrderIs(View with { Paid = -1 }),
    };

    protected override Gen<object> Any => Gen.OneOf(
        from placed in AnyPlaced
        from history in Histories
        from reason in Generate.OrNone(Reasons)
        from price in Generate.OrNone(Generate.Amounts)
        from discount in Generate.Amounts
        from due in Generate.OrNone(Generate.Times)
        from times in Gen.Choose(0, 100)
        from returned in Gen.Elements(Enum.GetValues<PaymentReturn>())
        let view = new OrderView(
            OrderId, placed.UserId, placed.ProductId, placed.Quantity, placed.CouponId, reason, price, price, discount, price, history)
        from message in Gen.Elements<object>(
            placed,
            new PlaceOrder(placed.UserId, placed.ProductId, placed.Quantity, placed.CouponId, placed.Terms, placed.Key),
            new OrderIs(view),
            new OrderIs(view, Placed: true),
            new OrderSnapshot(OrderId, placed, history, reason, price, discount, placed.At, due, times, returned))
        select message,
        from id in Generate.Ids
        from couponId in Generate.OrNone(Generate.Ids)
        from amount in Generate.Amounts
        from other in Generate.Amounts
        from time in Gen.Choose(0, 100)
        from at in Generate.Times
        from due in Generate.OrNone(Generate.Times)
        from reason in Reasons
        from isTrue in Gen.Elements(false, true)
        from refusal in Gen.Elements(Enum.GetValues<RefusalReason>())
        from message in Gen.Elements<object>(
            new OrderStockReserved(id, couponId, amount, other, at, due),
            new OrderCouponHeld(amount, other, at, due),
            new PaymentAskedAgain(amount, time, at, due),
            new OrderPaid(id, couponId, at, due),
            new OrderShipped(at),
            new OrderCanceled(reason, isTrue ? id : null, couponId, isTrue, at, due),
            new ReturnAsked(time, at, due),
            new PaymentReturned(at),
            new ConfirmStock(amount),
            new ConfirmHold(amount),
            new RefuseHold(refusal))
        select message);

    [Fact]
    public void What_can_not_be_is_refused_with_its_place_and_its_cause()
    {
        AssertRefused(
            "Order 77, number 42",
            "The terms are missing.",
            () => Event("op", new Wire.OrderPlaced { UserId = 1, ProductId = 1, Quantity = 1, At = 1 }));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("or", new Wire.OrderStockReserved { UserId = 1 }));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("oh", new Wire.OrderCouponHeld()));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("oa", new Wire.PaymentAskedAgain()));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("od", new Wire.OrderPaid { ProductId = 1 }));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("os", new Wire.OrderShipped()));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("oc", new Wire.OrderCanceled { Reason = 1 }));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("ob", new Wire.ReturnAsked()));
        AssertRefused("Order 77, number 42", "The time is missing.", () => Event("og", new Wire.PaymentReturned()));
        AssertRefused("Order 77, number 42", "Reason 7 is not known.", () => Event("oc", new Wire.OrderCanceled { Reason = 7, At = 1 }));
        AssertRefused(
            "Order 77, number 42",
            "A duration of -1 µs can't be.",
            () => Event("op", new Wire.OrderPlaced { UserId = 1, ProductId = 1, Quantity = 1, At = 1, Terms = new() { TimeOut = -1 } }));
        AssertRefused("Order 77, number 42", "No event has this manifest.", () => Event("cc", new Wire.OrderPlaced()));
        AssertRefused("Order 77, number 42", "The beginning of the order is missing.", () => OrderEventCodec.DecodeSnapshot(OrderId, 42, []));
        AssertRefused("Order 77", "The amount is missing.", () => OrderMessageCodec.DecodeCommand(OrderId, new("stock-reserved", default)));
        AssertRefused("Order 77", "The amount is missing.", () => OrderMessageCodec.DecodeCommand(OrderId, new("held", default)));
        AssertRefused("Order 77", "Reason 0 is not known.", () => OrderMessageCodec.DecodeCommand(OrderId, new("not-held", default)));
        AssertRefused("Order 77", "No command has this manifest.", () => OrderMessageCodec.DecodeCommand(OrderId, new("new", default)));
        AssertRefused("Order 77", "No reply has this manifest.", () => OrderMessageCodec.DecodeReply(OrderId, new("new", default)));
        AssertRefused("Order 77", "Reason 0 is not known.", () => OrderMessageCodec.DecodeReply(OrderId, new("refused", default)));
        AssertRefused(
            "Order 77",
            "The history is missing.",
            () => OrderMessageCodec.DecodeReply(OrderId, new("is", new Wire.OrderView { UserId = 1, ProductId = 1, Quantity = 1 }.ToByteArray())));

        static object Event(string manifest, IMessage message) => OrderEventCodec.Decode(OrderId, 42, manifest, message.ToByteArray(), out _);
    }

    protected override (string Manifest, byte[] Payload) Encode(object message) => message switch
    {
        OrderEvent happened => (OrderEventCodec.Manifest(happened), OrderEventCodec.Encode(happened)),
        OrderSnapshot snapshot => (Snapshot, OrderEventCodec.EncodeSnapshot(snapshot)),
        OrderCommand command => (OrderMessageCodec.Encode(command).Manifest, OrderMessageCodec.Encode(command).Payload.ToArray()),
        _ => (OrderMessageCodec.Encode((OrderReply)message).Manifest, OrderMessageCodec.Encode((OrderReply)message).Payload.ToArray()),
    };

    protected override object Decode(object kind, byte[] payload) => kind switch
    {
        OrderEvent happened => OrderEventCodec.Decode(OrderId, SequenceNumber, OrderEventCodec.Manifest(happened), payload, out _),
        OrderSnapshot => OrderEventCodec.DecodeSnapshot(OrderId, SequenceNumber, payload),
        OrderCommand command => OrderMessageCodec.DecodeCommand(OrderId, new(Encode(command).Manifest, payload)),
        _ => OrderMessageCodec.DecodeReply(OrderId, new(Encode(kind).Manifest, payload)),
    };

    protected override byte[] Encode(OrderEvent happened, string traceParent) => OrderEventCodec.Encode(happened, traceParent);

    protected override OrderEvent Decode(string manifest, byte[] payload, out string? traceParent) =>
        OrderEventCodec.Decode(OrderId, SequenceNumber, manifest, payload, out traceParent);

    private static Gen<OrderPlaced> AnyPlaced =>
        from userId in Generate.Ids
        from productId in Generate.Ids
        from quantity in Gen.Choose(1, 1_000)
        from couponId in Generate.OrNone(Generate.Ids)
        from timeOut in Durations
        from pause in Durations
        from preparation in Durations
        from at in Generate.Times
        from due in Generate.OrNone(Generate.Times)
        from key in Gen.Elements(null, "a", new string('k', 128))
        select new OrderPlaced(userId, productId, quantity, couponId, new OrderTerms(timeOut, pause, preparation), at, due, key);

    private static Gen<OrderStep[]> Histories =>
        (from state in Gen.Elements(Enum.GetValues<OrderState>()) from at in Generate.Times select new OrderStep(state, at))
        .NonEmptyListOf().Select(steps => steps.ToArray());

    private static Gen<CancelReason> Reasons => Gen.Elements(Enum.GetValues<CancelReason>());

    private static Gen<TimeSpan> Durations => Gen.Choose(0, int.MaxValue).Select(microseconds => TimeSpan.FromMicroseconds(microseconds));

    private static Timestamp At(long microseconds) => new(Start.UnixMicroseconds + microseconds);
}
