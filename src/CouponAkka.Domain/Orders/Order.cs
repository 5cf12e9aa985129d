using CouponAkka.Domain.Coupons;

namespace CouponAkka.Domain.Orders;

/// <summary>
/// One order, which is its own process manager: its events ask product, coupon and payment provider, their answers come back as commands, and what does not
/// come is noticed by its own timer. An answer counts in the state that waits for it and is ignored in any other, so each counts once
/// (docs/adr/0026-orders.md). Not thread-safe: its one writer owns it.
/// </summary>
public sealed class Order(long orderId) : IEntity
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly List<OrderStep> _history = [];
    private OrderPlaced? _placed;
    private CancelReason? _reason;
    private long? _price;
    private long _discount;
    private Timestamp _lastAt;
    private Timestamp? _dueAt;
    private int _timesAsked;
    private PaymentReturn _return;

    /// <inheritdoc/>
    public long Id => orderId;

    public bool Exists => _placed is not null;

    /// <inheritdoc/>
    public long Weight => _history.Count;

    private OrderState State => _history[^1].State;

    // The provider is asked, and has not answered.
    private bool AwaitsPayment => State == OrderState.CouponHeld || (State == OrderState.StockReserved && _placed!.CouponId is null);

    private long? Amount => _price * _placed!.Quantity;

    /// <inheritdoc/>
    public Decision Decide(Command command, Timestamp now)
    {
        if (command is PlaceOrder place)
            return DecidePlace(place, now);
        if (_placed is null)
            return new(new OrderRefused(OrderRefusal.OrderNotExist));
        var at = now > _lastAt ? now : _lastAt;
        return command switch
        {
            GetOrder => new(new OrderIs(View())),
            ConfirmStock confirm => Told(State == OrderState.Created ? StockIsReserved(_placed, confirm.Price, at) : null),
            RefuseStock => Told(State == OrderState.Created ? Cancel(_placed, CancelReason.OutOfStock, at) : null),
            ConfirmHold confirm => Told(AwaitsCoupon(_placed) ? CouponIsHeld(_placed, confirm.Discount, at) : null),
            RefuseHold refuse => Told(AwaitsCoupon(_placed) ? Cancel(_placed, ReasonOf(refuse.Reason), at) : null),
            ConfirmPayment => Told(PaymentIsTaken(_placed, at)),
            DeclinePayment => Told(AwaitsPayment ? Cancel(_placed, CancelReason.PaymentDeclined, at) : null),
            ConfirmReturn => Told(_return == PaymentReturn.Asked ? new PaymentReturned(at) : null),
            PassTime => Told(now >= _dueAt ? TimeHasPassed(_placed, at) : null),
            _ => throw new ArgumentException($"An order knows no command {command.GetType().Name}.", nameof(command)),
        };
    }

    /// <inheritdoc/>
    public void Evolve(Event happened)
    {
        switch (happened)
        {
            case OrderPlaced placed:
                if (_placed is not null)
                    throw Contradiction("is placed a second time");
                _placed = placed;
                _history.Add(new(OrderState.Created, placed.At));
                break;
            case OrderStockReserved reserved:
                Enter(OrderState.StockReserved, reserved, State == OrderState.Created);
                _price = reserved.Price;
                break;
            case OrderCouponHeld held:
                Enter(OrderState.CouponHeld, held, State == OrderState.StockReserved && _placed!.CouponId is not null);
                _discount = held.Discount;
                break;
            case PaymentAskedAgain again:
                Require(AwaitsPayment, again);
                _timesAsked = again.Time;
                break;
            case OrderPaid paid:
                Enter(OrderState.Paid, paid, AwaitsPayment);
                break;
            case OrderShipped shipped:
                Enter(OrderState.Shipped, shipped, State == OrderState.Paid);
                break;
            case OrderCanceled canceled:
                Enter(OrderState.Canceled, canceled, State < OrderState.Paid);
                _reason = canceled.Reason;
                _return = canceled.MayBePaid ? PaymentReturn.Asked : PaymentReturn.None;
                _timesAsked = 0;
                break;
            case ReturnAsked asked:
                Require(State == OrderState.Canceled && _return != PaymentReturn.Done, asked);
                _return = PaymentReturn.Asked;
                _timesAsked = asked.Time;
                break;
            case PaymentReturned returned:
                Require(_return == PaymentReturn.Asked, returned);
                _return = PaymentReturn.Done;
                break;
            default:
                throw new ArgumentException($"An order knows no event {happened.GetType().Name}.", nameof(happened));
        }

        var fact = (OrderEvent)happened;
        (_lastAt, _dueAt) = (fact.At, fact.DueAt);
    }

    /// <inheritdoc cref="IEntity.TakeSnapshot"/>
    public OrderSnapshot TakeSnapshot() => new(
        orderId,
        _placed ?? throw new InvalidOperationException("An order that does not exist has no snapshot."),
        [.. _history],
        _reason,
        _price,
        _discount,
        _lastAt,
        _dueAt,
        _timesAsked,
        _return);

    Snapshot IEntity.TakeSnapshot() => TakeSnapshot();

    /// <summary>The order as it was when <paramref name="snapshot"/> was taken.</summary>
    /// <exception cref="InvalidEventException">The snapshot contradicts itself: it is damaged.</exception>
    public static Order From(OrderSnapshot snapshot)
    {
        var order = new Order(snapshot.OrderId)
        {
            _placed = snapshot.Placed,
            _reason = snapshot.Reason,
            _price = snapshot.Price,
            _discount = snapshot.Discount,
            _lastAt = snapshot.LastAt,
            _dueAt = snapshot.DueAt,
            _timesAsked = snapshot.TimesAsked,
            _return = snapshot.Return,
        };
        order._history.AddRange(snapshot.History);
        if (snapshot.History.Length == 0 || (order.State == OrderState.Canceled) != (snapshot.Reason is not null))
            throw order.Contradiction("has a snapshot with half of its history");
        return order;
    }

    private Decision DecidePlace(PlaceOrder place, Timestamp now)
    {
        if (_placed is { } known)
        {
            var isSame = (known.UserId, known.ProductId, known.Quantity, known.CouponId) == (place.UserId, place.ProductId, place.Quantity, place.CouponId);
            if (known.Key != place.Key)
                return new(new OrderRefused(OrderRefusal.OtherOrderExists));
            return isSame ? new(new OrderIs(View())) : new(new OrderRefused(place.Key is null ? OrderRefusal.OtherOrderExists : OrderRefusal.KeyReused));
        }

        var placed = new OrderPlaced(
            place.UserId, place.ProductId, place.Quantity, place.CouponId, place.Terms, now, now.Plus(place.Terms.TimeOut), place.Key);
        var view = new OrderView(
            orderId, place.UserId, place.ProductId, place.Quantity, place.CouponId, null, null, null, null, null, [new(OrderState.Created, now)]);
        return new(new OrderIs(view, Placed: true), placed);
    }

    private bool AwaitsCoupon(OrderPlaced placed) => State == OrderState.StockReserved && placed.CouponId is not null;

    private static OrderStockReserved StockIsReserved(OrderPlaced placed, long price, Timestamp at) => new(
        placed.UserId,
        placed.CouponId,
        price,
        price * placed.Quantity,
        at,
        placed.CouponId is null ? AskAgainAt(placed, at, time: 0) : TimeIsOut(placed));

    private OrderCouponHeld CouponIsHeld(OrderPlaced placed, long discount, Timestamp at) =>
        new(discount, Amount!.Value - discount, at, AskAgainAt(placed, at, time: 0));

    // Whoever tells that it was paid after it was canceled, is asked to give back: once is enough, then the order's timer sees to it.
    private OrderEvent? PaymentIsTaken(OrderPlaced placed, Timestamp at)
    {
        if (AwaitsPayment)
            return new OrderPaid(placed.ProductId, placed.CouponId, at, at.Plus(placed.Terms.Preparation));
        return State == OrderState.Canceled && _return == PaymentReturn.None ? AskForReturn(placed, time: 0, at) : null;
    }

    private OrderEvent? TimeHasPassed(OrderPlaced placed, Timestamp at)
    {
        if (State == OrderState.Paid)
            return new OrderShipped(at);
        if (State == OrderState.Canceled)
            return _return == PaymentReturn.Asked ? AskForReturn(placed, _timesAsked + 1, at) : null;
        if (State == OrderState.Shipped)
            return null;
        if (at >= TimeIsOut(placed))
            return Cancel(placed, CancelReason.TimedOut, at);
        var time = _timesAsked + 1;
        return new PaymentAskedAgain(Amount!.Value - _discount, time, at, AskAgainAt(placed, at, time));
    }

    // Out of stock or without a coupon, nobody has anything of it. Whoever is asked and has not answered may still do what it was asked.
    private OrderCanceled Cancel(OrderPlaced placed, CancelReason reason, Timestamp at)
    {
        var mayBePaid = AwaitsPayment && reason == CancelReason.TimedOut;
        var mayHoldUnit = State == OrderState.CouponHeld || (AwaitsCoupon(placed) && reason == CancelReason.TimedOut);
        return new(
            reason,
            reason == CancelReason.OutOfStock ? null : placed.ProductId,
            mayHoldUnit ? placed.CouponId : null,
            mayBePaid,
            at,
            mayBePaid ? at.Plus(Pause(placed, time: 0)) : null);
    }

    private static ReturnAsked AskForReturn(OrderPlaced placed, int time, Timestamp at) => new(time, at, at.Plus(Pause(placed, time)));

    private static Timestamp TimeIsOut(OrderPlaced placed) => placed.At.Plus(placed.Terms.TimeOut);

    private static Timestamp AskAgainAt(OrderPlaced placed, Timestamp at, int time)
    {
        var again = at.Plus(Pause(placed, time));
        return again < TimeIsOut(placed) ? again : TimeIsOut(placed);
    }

    private static TimeSpan Pause(OrderPlaced placed, int time)
    {
        var pause = placed.Terms.AskAgainAfter * Math.Pow(2, Math.Min(time, 20));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static CancelReason ReasonOf(RefusalReason reason) => reason switch
    {
        RefusalReason.AlreadyUsed => CancelReason.CouponAlreadyUsed,
        RefusalReason.OrderTooSmall => CancelReason.InvalidOrderAmount,
        _ => CancelReason.CouponNotHeld,
    };

    private static Decision Told(OrderEvent? happened) => new(OrderTold.Instance, happened);

    private void Enter(OrderState state, OrderEvent happened, bool can)
    {
        Require(can, happened);
        _history.Add(new(state, happened.At));
    }

    private void Require(bool can, OrderEvent happened)
    {
        if (!can)
            throw Contradiction($"can't have {happened.GetType().Name} where it is");
    }

    private OrderView View() => new(
        orderId,
        _placed!.UserId,
        _placed.ProductId,
        _placed.Quantity,
        _placed.CouponId,
        _reason,
        _price,
        Amount,
        _price is null ? null : _discount,
        State is OrderState.Paid or OrderState.Shipped ? Amount - _discount : null,
        [.. _history]);

    private InvalidEventException Contradiction(string what) => new($"Order {orderId} {what}.");
}

/// <summary>How far the provider is with giving back what it took for a canceled order.</summary>
public enum PaymentReturn
{
    None,
    Asked,
    Done,
}

/// <summary>An order at one moment: <see cref="Order.From"/> makes it live again.</summary>
public sealed record OrderSnapshot(
    long OrderId,
    OrderPlaced Placed,
    OrderStep[] History,
    CancelReason? Reason,
    long? Price,
    long Discount,
    Timestamp LastAt,
    Timestamp? DueAt,
    int TimesAsked,
    PaymentReturn Return) : Snapshot
{
    public bool Equals(OrderSnapshot? other) => other is not null && Fields == other.Fields && History.AsSpan().SequenceEqual(other.History);

    public override int GetHashCode() => HashCode.Combine(OrderId, History.Length);

    private (long, OrderPlaced, CancelReason?, long?, long, Timestamp, Timestamp?, (int, PaymentReturn)) Fields =>
        (OrderId, Placed, Reason, Price, Discount, LastAt, DueAt, (TimesAsked, Return));
}
