namespace CouponAkka.Domain.Products;

/// <summary>
/// One product: its price, and how much of it may be had, is set aside for orders, and is sold. It remembers of every order what has become of its stock,
/// in some 30 bytes: so an order's asks take effect once, whenever and however often they are delivered (docs/adr/0026-orders.md).
/// Not thread-safe: its one writer owns it.
/// </summary>
public sealed class Product(long productId) : IEntity
{
    /// <summary>How many keys of restocks are remembered: the last ones. A key that was forgotten is a new one.</summary>
    public const int RestockKeys = 100;

    /// <summary>The most that one order can ask for.</summary>
    public const int MaxQuantity = 1000;

    /// <summary>So that the amount of the greatest order is a number that every JSON reader holds exactly.</summary>
    public const long MaxPrice = Ids.Max / MaxQuantity;

    /// <summary>How much can be added to a product in all its life.</summary>
    public const long MaxStock = Ids.Max;

    private readonly Dictionary<long, (int Quantity, OrderStockState State)> _orders = [];
    private readonly Queue<RestockKey> _restocks = new();
    private string? _name;
    private long _price;
    private long _firstStock;
    private long _available;
    private long _reserved;
    private long _sold;
    private Timestamp _dateCreated;
    private Timestamp _dateUpdated;

    /// <inheritdoc/>
    public long Id => productId;

    public bool Exists => _name is not null;

    /// <inheritdoc/>
    public long Weight => _orders.Count;

    /// <summary>Whether it can be asked for: a price that no amount outgrows.</summary>
    public static bool IsPrice(long price) => price is >= 0 and <= MaxPrice;

    public static bool IsStock(long stock) => stock is >= 0 and <= MaxStock;

    public static bool IsQuantity(long quantity) => quantity is >= 1 and <= MaxQuantity;

    /// <inheritdoc/>
    public Decision Decide(Command command, Timestamp now)
    {
        if (command is PutProduct put)
            return DecidePut(put, now);
        if (_name is null)
            return Refuse(ProductRefusal.ProductNotExist);
        return command switch
        {
            ReserveStock reserve => DecideReserve(reserve, now),
            SellStock sell => DecideSettled(sell.OrderId, OrderStockState.Sold, now),
            ReleaseStock release => DecideSettled(release.OrderId, OrderStockState.Released, now),
            ChangeProduct change => DecideChange(_name, change, now),
            Restock restock => DecideRestock(restock, now),
            GetProduct => new(new ProductIs(View())),
            _ => throw new ArgumentException($"A product knows no command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <inheritdoc/>
    public void Evolve(Event happened)
    {
        switch (happened)
        {
            case StockReserved reserved:
                EvolveAsked(reserved, OrderStockState.Reserved);
                break;
            case StockRefused refused:
                EvolveAsked(refused, OrderStockState.Refused);
                break;
            case StockSold sold:
                EvolveSettled(sold, OrderStockState.Sold);
                break;
            case StockReleased released:
                EvolveSettled(released, OrderStockState.Released);
                break;
            case ProductCreated created:
                Evolve(created);
                break;
            case ProductChanged changed:
                RequireExists("is changed");
                (_name, _price, _dateUpdated) = (changed.Name, changed.Price, changed.At);
                break;
            case Restocked restocked:
                Evolve(restocked);
                break;
            default:
                throw new ArgumentException($"A product knows no event {happened.GetType().Name}.", nameof(happened));
        }
    }

    /// <inheritdoc cref="IEntity.TakeSnapshot"/>
    public ProductSnapshot TakeSnapshot()
    {
        RequireExists("has no snapshot");
        return new(
            View(),
            _firstStock,
            [.. _restocks],
            [.. _orders.Select(order => new ProductOrder(order.Key, order.Value.Quantity, order.Value.State))]);
    }

    Snapshot IEntity.TakeSnapshot() => TakeSnapshot();

    /// <summary>The product as it was when <paramref name="snapshot"/> was taken.</summary>
    /// <exception cref="InvalidEventException">The snapshot contradicts itself: it is damaged.</exception>
    public static Product From(ProductSnapshot snapshot)
    {
        var view = snapshot.Product;
        var product = new Product(view.ProductId)
        {
            _name = view.Name,
            _price = view.Price,
            _firstStock = snapshot.FirstStock,
            _available = view.Available,
            _dateCreated = view.DateCreated,
            _dateUpdated = view.DateUpdated,
        };
        foreach (var restock in snapshot.Restocks)
            product._restocks.Enqueue(restock);
        foreach (var order in snapshot.Orders)
        {
            if (!product._orders.TryAdd(order.OrderId, (order.Quantity, order.State)))
                throw product.Contradiction($"has a snapshot with order {order.OrderId} twice");
            if (order.State == OrderStockState.Reserved)
                product._reserved += order.Quantity;
            if (order.State == OrderStockState.Sold)
                product._sold += order.Quantity;
        }

        if (product._reserved != view.Reserved || product._sold != view.Sold || view.Available < 0)
            throw product.Contradiction("has a snapshot with orders missing");
        return product;
    }

    private Decision DecidePut(PutProduct put, Timestamp now)
    {
        if (_name is null)
        {
            var created = new ProductView(productId, put.Name, put.Price, put.Stock, 0, 0, now, now);
            return new(new ProductIs(created, Created: true), new ProductCreated(put.Name, put.Price, put.Stock, now));
        }

        var isSame = put.Name == _name && put.Price == _price && put.Stock == _firstStock;
        return isSame ? new(new ProductIs(View())) : Refuse(ProductRefusal.ProductAlreadyExist);
    }

    private Decision DecideChange(string name, ChangeProduct change, Timestamp now)
    {
        var changed = new ProductChanged(change.Name ?? name, change.Price ?? _price, NextUpdate(now));
        if (changed.Name == name && changed.Price == _price)
            return new(new ProductIs(View()));
        return new(new ProductIs(View() with { Name = changed.Name, Price = changed.Price, DateUpdated = changed.At }), changed);
    }

    private Decision DecideRestock(Restock restock, Timestamp now)
    {
        foreach (var earlier in _restocks)
        {
            if (earlier.Key == restock.Key)
                return earlier.Quantity == restock.Quantity ? new(new ProductIs(View())) : Refuse(ProductRefusal.KeyReused);
        }

        if (restock.Quantity > MaxStock - _available - _reserved - _sold)
            return Refuse(ProductRefusal.TooMuchStock);
        var at = NextUpdate(now);
        return new(
            new ProductIs(View() with { Available = _available + restock.Quantity, DateUpdated = at }),
            new Restocked(restock.Quantity, restock.Key, at));
    }

    private Decision DecideReserve(ReserveStock reserve, Timestamp now)
    {
        if (_orders.ContainsKey(reserve.OrderId))
            return new(OrderHeard.Instance);
        OrderStock[] orders = [new(reserve.OrderId, reserve.Quantity)];
        return new(OrderHeard.Instance, reserve.Quantity <= _available ? new StockReserved(orders, _price, now) : new StockRefused(orders, now));
    }

    private Decision DecideSettled(long orderId, OrderStockState to, Timestamp now)
    {
        if (!_orders.TryGetValue(orderId, out var order) || order.State != OrderStockState.Reserved)
            return new(OrderHeard.Instance);
        OrderStock[] orders = [new(orderId, order.Quantity)];
        return new(OrderHeard.Instance, to == OrderStockState.Sold ? new StockSold(orders, now) : new StockReleased(orders, now));
    }

    private void Evolve(ProductCreated created)
    {
        if (_name is not null)
            throw Contradiction("is created a second time");
        (_name, _price) = (created.Name, created.Price);
        _available = _firstStock = created.Stock;
        _dateCreated = _dateUpdated = created.At;
    }

    private void Evolve(Restocked restocked)
    {
        RequireExists("is restocked");
        _available += restocked.Quantity;
        _dateUpdated = restocked.At;
        if (restocked.Key is null)
            return;
        _restocks.Enqueue(new(restocked.Key, restocked.Quantity));
        if (_restocks.Count > RestockKeys)
            _restocks.Dequeue();
    }

    private void EvolveAsked(StockMoved asked, OrderStockState state)
    {
        RequireExists("has stock asked for");
        foreach (var order in asked.Orders)
        {
            if (!_orders.TryAdd(order.OrderId, (order.Quantity, state)))
                throw Contradiction($"is asked for by order {order.OrderId} a second time");
            if (state != OrderStockState.Reserved)
                continue;
            if (order.Quantity > _available)
                throw Contradiction($"has {order.Quantity} reserved of {_available}");
            _available -= order.Quantity;
            _reserved += order.Quantity;
        }
    }

    private void EvolveSettled(StockMoved settled, OrderStockState state)
    {
        foreach (var (orderId, quantity) in settled.Orders)
        {
            if (!_orders.TryGetValue(orderId, out var order) || order != (quantity, OrderStockState.Reserved))
                throw Contradiction($"settles {quantity} of order {orderId}, which does not have them reserved");
            _orders[orderId] = (quantity, state);
            _reserved -= quantity;
            if (state == OrderStockState.Sold)
                _sold += quantity;
            else
                _available += quantity;
        }
    }

    private ProductView View() => new(productId, _name!, _price, _available, _reserved, _sold, _dateCreated, _dateUpdated);

    // A clock may be set back; what is recorded never goes back with it.
    private Timestamp NextUpdate(Timestamp now) => now > _dateUpdated ? now : _dateUpdated.Plus(TimeSpan.FromMicroseconds(1));

    private static Decision Refuse(ProductRefusal reason) => new(new ProductRefused(reason));

    private void RequireExists(string what)
    {
        if (_name is null)
            throw Contradiction($"{what} before it is created");
    }

    private InvalidEventException Contradiction(string what) => new($"Product {productId} {what}.");
}

/// <summary>What has become of an order's stock.</summary>
public enum OrderStockState : byte
{
    Refused = 1,
    Reserved,
    Released,
    Sold,
}

/// <summary>A restock that is remembered by its key.</summary>
public readonly record struct RestockKey(string Key, long Quantity);

/// <summary>An order that has asked for stock.</summary>
public readonly record struct ProductOrder(long OrderId, int Quantity, OrderStockState State);

/// <summary>A product at one moment: <see cref="Product.From"/> makes it live again.</summary>
/// <param name="FirstStock">With how many it was created.</param>
/// <param name="Restocks">The last ones that had a key, oldest first.</param>
/// <param name="Orders">Every one that has ever asked.</param>
public sealed record ProductSnapshot(ProductView Product, long FirstStock, RestockKey[] Restocks, ProductOrder[] Orders) : Snapshot;
