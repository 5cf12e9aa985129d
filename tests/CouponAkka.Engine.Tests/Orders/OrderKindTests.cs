using System.Globalization;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;
using CouponAkka.Domain.Tests;
using CouponAkka.Domain.Tests.Orders;
using CouponAkka.Domain.Vendors;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Orders;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Products;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Tests.Projecting;
using CouponAkka.Engine.Vendors;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Engine.Tests.Orders;

/// <summary>Orders as engines have them: what their events ask and are told, when they are due, and how lists show them.</summary>
public sealed class OrderKindTests
{
    private const long MaxId = (1L << 53) - 1;

    private static readonly EntityKey Order = new(OrderKind.Instance, 9);
    private static readonly EntityKey Product = new(ProductKind.Instance, 5);
    private static readonly EntityKey Coupon = new(CouponKind.Instance, 7);
    private static readonly Timestamp Noon = Timestamp.From(new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    private static readonly OrderPlaced Placed = new(3, Product.Id, 2, Coupon.Id, OrderTerms.Default, Noon, Noon.Plus(TimeSpan.FromSeconds(30)));
    private static readonly OrderStockReserved Reserved = new(3, Coupon.Id, 900, 1_800, Noon, null);
    private static readonly OrderCouponHeld Held = new(500, 1_300, Noon, null);
    private static readonly OrderPaid Paid = new(Product.Id, Coupon.Id, Noon, null);
    private static readonly OrderShipped Shipped = new(Noon);

    private static readonly ReactionTable Table = new(EntityKinds.All, new Terms(PayoutRate: 0.1m), []);

    [Fact]
    public void Lists_show_an_order_as_it_says_of_itself_and_once_in_its_user_s_list_wherever_its_events_are_cut_into_batches() => Properties.Hold(
        Arb.From(Gen.Choose(0, 1_000_000)),
        Arb.Array(Arb.From(Gen.Choose(1, 4))),
        (seed, cuts) =>
        {
            var shop = new Shop(seed);
            shop.Trade(60);

            foreach (var id in shop.OrderIds.ToList())
            {
                var events = shop.EventsOf(OrderReactions.Order, id);
                if (events.Count == 0)
                    continue;
                var (json, lines) = Cuts.Fold(OrderKind.Instance, id, events, cuts);
                Assert.Equal(shop.Order(id), OrderDocument.ReadOrder(json!));
                var line = Assert.Single(lines);
                Assert.Equal((OrderDocument.OfUser, shop.Order(id).UserId, id), (line.List, line.Owner, OrderDocument.ReadId(line)));
            }
        });

    [Fact]
    public void Of_two_orders_the_newer_stands_at_the_greater_place_whatever_their_ids_are() => Properties.Hold(
        Arb.From(
            from id in Ids
            from otherId in Ids
            from at in Microseconds
            from later in Gen.Choose(1, int.MaxValue)
            select (id, otherId, at, later)),
        pair =>
        {
            var (id, otherId, at, later) = pair;

            Assert.InRange(PlaceOf(id, at), 1, PlaceOf(otherId, new(at.UnixMicroseconds + later)) - 1);
        });

    [Fact]
    public void Two_orders_in_the_same_microsecond_have_a_place_each()
    {
        Assert.NotEqual(PlaceOf(4711, Noon), PlaceOf(4712, Noon));
        Assert.NotEqual(PlaceOf(MaxId, Noon), PlaceOf(MaxId - 1, Noon));
    }

    /// <summary>A clock that is wrong by decades gives a place too.</summary>
    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1970-01-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:00Z")]
    [InlineData("2097-12-31T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public void A_place_is_positive_whenever_the_order_was_placed(string at) =>
        Assert.InRange(PlaceOf(4711, Timestamp.From(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture))), 1, long.MaxValue);

    public static TheoryData<string> Contradictions => [.. Impossible.Keys];

    private static Dictionary<string, Event> Impossible => new()
    {
        ["placed twice"] = Placed,
        ["reserved twice"] = Reserved,
        ["paid before its coupon is held"] = Paid,
        ["shipped before it is paid"] = Shipped,
        ["given back before it is canceled"] = new PaymentReturned(Noon),
        ["asked to give back before it is canceled"] = new ReturnAsked(0, Noon, null),
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void What_contradicts_the_list_is_refused(string what)
    {
        var view = ViewOf(Placed, Reserved);

        Assert.Throws<InvalidEventException>(() => OrderKind.Instance.ViewOf(Order.Id, view.ToJson()).Apply(Impossible[what]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("no reason")]
    [InlineData("no history")]
    public void A_damaged_document_is_refused(string damage)
    {
        var json = ViewOf(Placed, new OrderCanceled(CancelReason.OutOfStock, null, null, false, Noon, null)).ToJson()!;
        var history = json[json.IndexOf("\"history\":[", StringComparison.Ordinal)..(json.IndexOf(']', StringComparison.Ordinal) + 1)];
        json = damage switch
        {
            "no reason" => json.Replace("\"reason\":1", "\"reason\":null", StringComparison.Ordinal),
            "no history" => json.Replace(history, "\"history\":[]", StringComparison.Ordinal),
            _ => damage,
        };

        Assert.Throws<UnreadableMessageException>(() => OrderKind.Instance.ViewOf(Order.Id, json));
    }

    [Fact]
    public void A_damaged_line_is_refused() =>
        Assert.Throws<UnreadableMessageException>(() => OrderDocument.ReadId(new ListLine(OrderDocument.OfUser, 3, 1, "\"9\"")));

    /// <summary>They stand in read models: one that changes needs a rebuild.</summary>
    [Fact]
    public void A_document_is_as_it_always_was()
    {
        var terms = new OrderTerms(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
        var view = ViewOf(new OrderPlaced(3, 5, 2, null, terms, Noon, Noon, "k"), new OrderStockReserved(3, null, 900, 1_800, Noon, null));

        Assert.Equal(
            """{"orderId":9,"placed":{"userId":3,"productId":5,"quantity":2,"couponId":null"""
            + ""","terms":{"timeOut":"00:00:30","askAgainAfter":"00:00:02","preparation":"00:00:05"}"""
            + ""","key":"k","at":{"unixMicroseconds":1780315200000000},"dueAt":{"unixMicroseconds":1780315200000000}}"""
            + ""","history":[{"state":1,"at":{"unixMicroseconds":1780315200000000}},{"state":2,"at":{"unixMicroseconds":1780315200000000}}]"""
            + ""","reason":null,"price":900,"discount":0,"lastAt":{"unixMicroseconds":1780315200000000},"dueAt":null,"timesAsked":0,"return":0}""",
            view.ToJson());
        Assert.Equal([new ListLine("orders", 3, 53_615_001_600_000_009, "9")], view.Lines);
    }

    public static TheoryData<string> WhatEventsAsk => [.. Asks.Keys];

    private static Dictionary<string, (EntityKey Of, Event Happened, (EntityKey, Command)[] Asks)> Asks => new()
    {
        ["placed"] = (Order, Placed, [(Product, new ReserveStock(9, 2))]),
        ["reserved, with a coupon"] = (Order, Reserved, [(Coupon, new HoldUnit(3, 9, 1_800))]),
        ["reserved, without one"] = (Order, Reserved with { CouponId = null }, []),
        ["held"] = (Order, Held, []),
        ["asked again"] = (Order, new PaymentAskedAgain(1_300, 1, Noon, null), []),
        ["paid"] = (Order, Paid, [(Product, new SellStock(9)), (Coupon, new UseHeldUnit(9))]),
        ["paid, without a coupon"] = (Order, Paid with { CouponId = null }, [(Product, new SellStock(9))]),
        ["shipped"] = (Order, Shipped, []),
        ["canceled, holding both"] = (
            Order, Canceled(Product.Id, Coupon.Id), [(Product, new ReleaseStock(9)), (Coupon, new ReleaseUnit(9))]),
        ["canceled, holding stock"] = (Order, Canceled(Product.Id, null), [(Product, new ReleaseStock(9))]),
        ["canceled, holding nothing"] = (Order, Canceled(null, null), []),
        ["asked to give back"] = (Order, new ReturnAsked(0, Noon, null), []),
        ["given back"] = (Order, new PaymentReturned(Noon), []),
        ["stock of two reserved"] = (
            Product, new StockReserved([new(9, 2), new(10, 1)], 900, Noon), [(Order, new ConfirmStock(900)), (Order with { Id = 10 }, new ConfirmStock(900))]),
        ["stock of two refused"] = (
            Product, new StockRefused([new(9, 2), new(10, 1)], Noon), [(Order, RefuseStock.Instance), (Order with { Id = 10 }, RefuseStock.Instance)]),
        ["stock sold"] = (Product, new StockSold([new(9, 2)], Noon), []),
        ["stock released"] = (Product, new StockReleased([new(9, 2)], Noon), []),
        ["restocked"] = (Product, new Restocked(2, null, Noon), []),
        ["unit held"] = (Coupon, new CouponHeld(3, 1, 9, 1_800, 500, Noon), [(Order, new ConfirmHold(500))]),
        ["unit refused"] = (Coupon, new HoldRefused(9, RefusalReason.AlreadyUsed, Noon), [(Order, new RefuseHold(RefusalReason.AlreadyUsed))]),
        ["unit released"] = (Coupon, new HoldReleased(1, 9, Noon), []),
        ["unit used"] = (
            Coupon,
            new CouponUsed(3, 1, 1_800, 500, 4, Noon, OrderId: 9),
            [(new EntityKey(VendorKind.Instance, 4), new CreditVendor(new("coupon", 7, 6), 7, 3, 1, 9, 50))]),
    };

    [Theory]
    [MemberData(nameof(WhatEventsAsk))]
    public void Each_event_asks_what_it_must_and_no_more(string what)
    {
        var (of, happened, asks) = Asks[what];

        Assert.Equal(asks, Table.AsksOf(of, 6, happened));
        // What is not read asks nothing.
        Assert.True(asks.Length == 0 || Table.MustRead(of.Kind, of.Kind.ManifestOf(happened)));
    }

    [Fact]
    public void Orders_products_and_coupons_are_read_for_what_they_ask_and_products_and_coupons_for_no_more()
    {
        Assert.All((EntityKind[])[OrderKind.Instance, ProductKind.Instance, CouponKind.Instance], kind => Assert.True(Table.IsSource(kind)));
        Assert.False(Table.MustRead(ProductKind.Instance, ProductKind.Instance.ManifestOf(new StockSold([], Noon))));
        Assert.False(Table.MustRead(CouponKind.Instance, CouponKind.Instance.ManifestOf(new HoldReleased(1, 9, Noon))));
        // An order has time-outs: every event of it says anew when it is due.
        Assert.True(Table.MustRead(OrderKind.Instance, OrderKind.Instance.ManifestOf(Shipped)));
    }

    [Fact]
    public void An_order_is_due_when_its_last_event_says_and_is_asked_then_whether_time_has_passed()
    {
        var due = Noon.Plus(TimeSpan.FromSeconds(2));

        Assert.All(
            (OrderEvent[])
            [
                Placed with { DueAt = due },
                Reserved with { DueAt = due },
                Held with { DueAt = due },
                new PaymentAskedAgain(1_300, 1, Noon, due),
                Paid with { DueAt = due },
                Canceled(null, null) with { DueAt = due },
                new ReturnAsked(0, Noon, due),
            ],
            happened => Assert.Equal(due, OrderKind.Instance.DueAfter(happened)));
        Assert.All((OrderEvent[])[Shipped, new PaymentReturned(Noon), Canceled(null, null)], happened => Assert.Null(OrderKind.Instance.DueAfter(happened)));
        Assert.Equal(PassTime.Instance, OrderKind.Instance.TimePassed);
    }

    [Fact]
    public void What_an_order_is_told_is_told_again_where_its_answer_is_lost_and_a_question_is_not()
    {
        Assert.Equal(OrderKind.Instance.OutcomeUnknown, OrderKind.Instance.Lost(ConfirmPayment.Instance));
        Assert.Equal(OrderKind.Instance.Unavailable, OrderKind.Instance.Lost(GetOrder.Instance));
        // What comes over the wire is still known for what it is.
        foreach (var reply in (Reply[])[OrderKind.Instance.OutcomeUnknown, OrderKind.Instance.Unavailable])
            Assert.Equal(reply, OrderKind.Instance.Messages.DecodeReply(Order.Id, OrderKind.Instance.Messages.Encode(reply)));
    }

    [Theory]
    [InlineData(OrderRefusal.OutcomeUnknown, false)]
    [InlineData(OrderRefusal.Unavailable, false)]
    [InlineData(OrderRefusal.OrderNotExist, true)]
    [InlineData(null, true)]
    public async Task An_order_has_heard_unless_nobody_knows_or_nobody_was_there(OrderRefusal? refusal, bool hasHeard)
    {
        var entities = new Answering(refusal is { } reason ? new OrderRefused(reason) : OrderTold.Instance);

        Assert.Equal(hasHeard, await entities.TellerOfOrders()(9, ConfirmPayment.Instance, CancellationToken.None));
        Assert.Equal([(Order, (Command)ConfirmPayment.Instance)], entities.Asked);
    }

    [Fact]
    public void An_order_comes_back_from_the_bytes_of_its_snapshot_with_the_id_it_is_asked_by()
    {
        var entity = OrderKind.Instance.New(Order.Id);
        foreach (var happened in (Event[])[Placed, Reserved, Held])
            entity.Evolve(happened);
        var bytes = OrderKind.Instance.EncodeSnapshot(entity.TakeSnapshot());

        // As the cluster reads it, which does not know yet whose it is.
        var back = OrderKind.Instance.From(Order.Id, OrderKind.Instance.DecodeSnapshot(0, 0, bytes));

        Assert.Equal(entity.Decide(GetOrder.Instance, default), back.Decide(GetOrder.Instance, default));
        Assert.Equal(entity.Decide(ConfirmPayment.Instance, Noon), back.Decide(ConfirmPayment.Instance, Noon));
    }

    private static Gen<long> Ids => Gen.OneOf(Gen.Elements(1, 4_095, 4_096, MaxId), from id in Gen.Choose(1, int.MaxValue) select id * (MaxId / int.MaxValue));

    // From 2026 on, for decades.
    private static Gen<Timestamp> Microseconds =>
        from days in Gen.Choose(1, 25_000)
        from microseconds in Gen.Choose(0, int.MaxValue)
        let start = Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
        select new Timestamp(start.UnixMicroseconds + (days * TimeSpan.MicrosecondsPerDay) + microseconds);

    private static OrderCanceled Canceled(long? productId, long? couponId) => new(CancelReason.TimedOut, productId, couponId, false, Noon, null);

    private static long PlaceOf(long orderId, Timestamp at)
    {
        var view = OrderKind.Instance.ViewOf(orderId, null);
        view.Apply(Placed with { At = at });
        return Assert.Single(view.Lines).Position;
    }

    private static OrderDocument ViewOf(params Event[] events)
    {
        var view = OrderKind.Instance.ViewOf(Order.Id, null);
        foreach (var happened in events)
            view.Apply(happened);
        return view;
    }

    private sealed class Answering(Reply reply) : IEntities
    {
        public List<(EntityKey, Command)> Asked { get; } = [];

        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command)
        {
            Asked.Add((new EntityKey(kind, id), command));
            return new(reply);
        }
    }
}
