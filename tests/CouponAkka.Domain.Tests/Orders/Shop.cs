using CouponAkka.Domain.Coupons;
using CouponAkka.Domain.Orders;
using CouponAkka.Domain.Products;

namespace CouponAkka.Domain.Tests.Orders;

/// <summary>
/// Orders, products, coupons and a payment provider, wired together by a bus as bad as the real one may be: it delivers what the events of one entity ask in
/// their order, at least once; late, again from any earlier event, and across entities in any order. Entities crash and are replayed or read from a snapshot,
/// also with the delivery's progress lost. All is chosen by one seed.
/// </summary>
internal sealed class Shop
{
    private const int Users = 3;
    private static readonly OrderTerms Terms = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
    private static readonly Timestamp Opening = Timestamp.From(new DateTimeOffset(2024, 5, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly Random _random;
    private readonly Dictionary<(string Kind, long Id), Place> _places = [];
    private readonly Queue<(long OrderId, PaymentAsk Ask)> _toProvider = new();
    private readonly List<(long OrderId, OrderCommand Answer)> _fromProvider = [];
    private long _added;
    private bool _isQuiet;

    public Shop(int seed)
    {
        _random = new(seed);
        Now = Opening;
        for (var product = 1; product <= 2; product++)
        {
            var stock = _random.Next(0, 40);
            _added += stock;
            Ask(OrderReactions.Product, product, new PutProduct("Thing", _random.Next(0, 3) * 600, stock));
        }

        // Coupon 3 is named by orders and does not exist.
        for (var coupon = 1; coupon <= 2; coupon++)
        {
            Ask(OrderReactions.Coupon, coupon, new CreateCoupon(new("Sale", 10, 500, 1000, Opening, Opening.Plus(TimeSpan.FromDays(1)), VendorId: 9)));
            for (var user = 1; user < Users; user++)
                Ask(OrderReactions.Coupon, coupon, new IssueCoupon(user));
        }
    }

    public Timestamp Now { get; private set; }

    public Provider Payments { get; } = new();

    public long Added => _added;

    public IEnumerable<long> OrderIds => _places.Keys.Where(key => key.Kind == OrderReactions.Order).Select(key => key.Id);

    /// <summary>Every answer that a use without an order was given.</summary>
    public List<Used> UsedWithoutOrder { get; } = [];

    public OrderView Order(long id) => ((OrderIs)Ask(OrderReactions.Order, id, GetOrder.Instance)).Order;

    public ProductView Product(long id) => ((ProductIs)Ask(OrderReactions.Product, id, GetProduct.Instance)).Product;

    public IReadOnlyList<Event> EventsOf(string kind, long id) => Of(kind, id).Journal;

    /// <summary>So many random things happen.</summary>
    public void Trade(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
            CheckBooks();
        }
    }

    /// <summary>Nothing goes wrong any more, and time passes until nothing is left to do.</summary>
    public void ComeToRest()
    {
        _isQuiet = true;
        for (var round = 0; round < 60; round++)
        {
            while (DeliverAll() || DeliverToProvider() || DeliverFromProvider())
            {
            }

            Now = Now.Plus(TimeSpan.FromSeconds(_random.Next(1, 4)));
            foreach (var id in OrderIds.ToList())
                Ask(OrderReactions.Order, id, PassTime.Instance);
            CheckBooks();
        }
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case 0 or 1 or 2:
                PlaceOrder();
                break;
            case 3:
                var quantity = _random.Next(1, 4);
                if (_random.Next(4) == 0 && Ask(OrderReactions.Product, _random.Next(1, 3), new Restock(quantity)) is ProductIs)
                    _added += quantity;
                break;
            case 4:
                if (Ask(OrderReactions.Coupon, _random.Next(1, 3), new UseCoupon(_random.Next(1, Users + 1))) is Used used)
                    UsedWithoutOrder.Add(used);
                break;
            case 5 or 6:
                Now = Now.Plus(TimeSpan.FromMilliseconds(_random.Next(-200, 4000)));
                break;
            case 7 or 8:
                if (OrderIds.ToArray() is { Length: > 0 } ids)
                    Ask(OrderReactions.Order, Any(ids), PassTime.Instance);
                break;
            case 9:
                Any([.. _places.Values]).Crash(_random);
                break;
            case 10 or 11:
                DeliverToProvider();
                break;
            case 12 or 13:
                DeliverFromProvider();
                break;
            default:
                DeliverNext(Any([.. _places.Values]));
                break;
        }
    }

    private void PlaceOrder()
    {
        long? coupon = Any<long?>([null, 1, 1, 1, 2, 3]);
        // Sometimes an order that is there already.
        Ask(
            OrderReactions.Order,
            _random.Next(1, 40),
            new Domain.Orders.PlaceOrder(_random.Next(1, Users + 1), _random.Next(1, 3), _random.Next(1, 4), coupon, Terms));
    }

    private bool DeliverAll()
    {
        var any = false;
        foreach (var source in _places.Values.ToList())
            any |= DeliverNext(source);
        return any;
    }

    private bool DeliverNext(Place source)
    {
        if (source.Delivered == source.Journal.Count)
            return false;
        var happened = source.Journal[source.Delivered++];
        var asks = happened switch
        {
            OrderEvent order => OrderReactions.Of(source.Id, order),
            ProductEvent product => OrderReactions.Told(product),
            CouponEvent coupon when OrderReactions.Told(coupon) is { } ask => [ask],
            _ => [],
        };
        foreach (var ask in asks)
        {
            Ask(ask.Kind, ask.Id, ask.Command);
            if (!_isQuiet && _random.Next(5) == 0)
                Ask(ask.Kind, ask.Id, ask.Command);
        }

        if (happened is OrderEvent told && PaymentAsk.Of(told) is { } payment && (_isQuiet || _random.Next(6) > 0))
            _toProvider.Enqueue((source.Id, payment));
        return true;
    }

    // What is asked of the provider may overtake, be lost, come twice; so may what it answers.
    private bool DeliverToProvider()
    {
        if (!_toProvider.TryDequeue(out var next))
            return false;
        if (!_isQuiet && _random.Next(4) == 0)
        {
            _toProvider.Enqueue(next);
            return true;
        }

        var times = _isQuiet ? 1 : Any([0, 1, 1, 1, 2]);
        for (var i = 0; i < times; i++)
        {
            if (next.Ask is TakePayment)
                CheckIsHeld(next.OrderId);
            var answer = Payments.Ask(next.OrderId, next.Ask, _random.Next(5) > 0);
            for (var copies = _isQuiet ? 1 : Any([0, 1, 1, 2]); copies > 0; copies--)
                _fromProvider.Add((next.OrderId, answer));
        }

        return true;
    }

    private bool DeliverFromProvider()
    {
        if (_fromProvider.Count == 0)
            return false;
        var index = _random.Next(_fromProvider.Count);
        var (orderId, answer) = _fromProvider[index];
        _fromProvider.RemoveAt(index);
        Ask(OrderReactions.Order, orderId, answer);
        return true;
    }

    // Promise 14: nothing is asked for before stock and coupon are held.
    private void CheckIsHeld(long orderId)
    {
        var order = Order(orderId);
        Assert.Contains(EventsOf(OrderReactions.Product, order.ProductId), IsReserved);
        if (order.CouponId is { } couponId)
            Assert.Contains(EventsOf(OrderReactions.Coupon, couponId), happened => happened is CouponHeld held && held.OrderId == orderId);

        bool IsReserved(Event happened) => happened is StockReserved reserved && reserved.Orders.Any(stock => stock.OrderId == orderId);
    }

    // Promise 12, at every moment.
    private void CheckBooks()
    {
        var products = new[] { Product(1), Product(2) };
        Assert.All(products, product => Assert.True(product is { Available: >= 0, Reserved: >= 0, Sold: >= 0 }, $"{product}"));
        Assert.Equal(_added, products.Sum(product => product.Available + product.Reserved + product.Sold));
    }

    private Reply Ask(string kind, long id, Command command)
    {
        var place = Of(kind, id);
        var decision = place.Entity.Decide(command, Now);
        if (decision.Event is { } happened)
        {
            place.Entity.Evolve(happened);
            place.Journal.Add(happened);
        }

        return decision.Reply;
    }

    private Place Of(string kind, long id)
    {
        if (!_places.TryGetValue((kind, id), out var place))
            _places.Add((kind, id), place = new(kind, id));
        return place;
    }

    private T Any<T>(T[] of) => of[_random.Next(of.Length)];

    private sealed class Place(string kind, long id)
    {
        public long Id => id;

        public IEntity Entity { get; private set; } = New(kind, id);

        public List<Event> Journal { get; } = [];

        public int Delivered { get; set; }

        /// <summary>The entity is recovered, as it was; and delivery begins again at an earlier event.</summary>
        public void Crash(Random random)
        {
            var before = StateOf(Entity);
            if (before is not null && random.Next(2) == 0)
                Entity = From(Entity.TakeSnapshot());
            else
                Replay(Journal);
            Assert.Equal(before, StateOf(Entity));
            if (Entity is Product)
                Replay(ProductEvent.Coalesce(Journal));
            Assert.Equal(before, StateOf(Entity));
            Delivered = random.Next(Delivered + 1);
        }

        private void Replay(IReadOnlyList<Event> events)
        {
            Entity = New(kind, id);
            foreach (var happened in events)
                Entity.Evolve(happened);
        }

        private static string? StateOf(IEntity entity) => !entity.Exists ? null : entity.TakeSnapshot() switch
        {
            OrderSnapshot order => $"{order} {string.Join(' ', order.History)}",
            ProductSnapshot product => $"{product.Product} {product.FirstStock} {string.Join(' ', product.Orders)}",
            CouponSnapshot coupon => $"{coupon.Coupon} {string.Join(' ', coupon.Holders)} {string.Join(' ', coupon.Holds)}",
            var other => throw new InvalidOperationException($"{other}"),
        };

        private static IEntity From(Snapshot snapshot) => snapshot switch
        {
            OrderSnapshot order => Domain.Orders.Order.From(order),
            ProductSnapshot product => Domain.Products.Product.From(product),
            CouponSnapshot coupon => Coupon.From(coupon),
            _ => throw new InvalidOperationException($"{snapshot}"),
        };

        private static IEntity New(string kind, long id) => kind switch
        {
            OrderReactions.Order => new Order(id),
            OrderReactions.Product => new Product(id),
            _ => new Coupon(id),
        };
    }
}

/// <summary>A payment provider that answers by key: what it said first of an order is so.</summary>
internal sealed class Provider
{
    private readonly Dictionary<long, bool> _answers = [];
    private readonly HashSet<long> _closed = [];

    /// <summary>What is charged now, by order.</summary>
    public Dictionary<long, long> Charged { get; } = [];

    public OrderCommand Ask(long orderId, PaymentAsk ask, bool isGood)
    {
        if (ask is not TakePayment take)
        {
            _closed.Add(orderId);
            Charged.Remove(orderId);
            return ConfirmReturn.Instance;
        }

        if (_closed.Contains(orderId))
            return DeclinePayment.Instance;
        if (_answers.TryAdd(orderId, isGood) && isGood)
            Charged.Add(orderId, take.Amount);
        return _answers[orderId] ? ConfirmPayment.Instance : DeclinePayment.Instance;
    }
}
