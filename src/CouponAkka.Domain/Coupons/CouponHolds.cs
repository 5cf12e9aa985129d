namespace CouponAkka.Domain.Coupons;

/// <summary>
/// Which orders have asked for a unit, what has become of each, and which units are held for one now. An order is never forgotten, so that what it asks takes
/// effect once, however often it is delivered.
/// </summary>
internal sealed class CouponHolds
{
    private readonly Dictionary<long, HoldState> _orders = [];
    private readonly Dictionary<long, CouponHold> _held = [];
    private readonly Dictionary<long, long> _holders = [];

    /// <summary>How many orders have asked.</summary>
    public int Count => _orders.Count;

    public bool Knows(long orderId) => _orders.ContainsKey(orderId);

    /// <summary>What is held for the order now, or null.</summary>
    public CouponHold? Of(long orderId) => _held.TryGetValue(orderId, out var hold) ? hold : null;

    /// <summary>The order that the unit is held for now, or null.</summary>
    public long? HolderOf(long ticket) => _holders.TryGetValue(ticket, out var orderId) ? orderId : null;

    public bool TryRefuse(long orderId) => _orders.TryAdd(orderId, HoldState.Refused);

    /// <summary>False if the order has asked before, or the unit is held for another.</summary>
    public bool TryAdd(CouponHold hold)
    {
        if (hold.State == HoldState.Held && !_holders.TryAdd(hold.Ticket, hold.OrderId))
            return false;
        if (!_orders.TryAdd(hold.OrderId, hold.State))
            return false;
        if (hold.State == HoldState.Held)
            _held[hold.OrderId] = hold;
        return true;
    }

    /// <summary>The order holds its unit no more; false if it holds none.</summary>
    public bool TryEnd(long orderId, HoldState state, out CouponHold hold)
    {
        if (!_held.Remove(orderId, out hold))
            return false;
        _holders.Remove(hold.Ticket);
        _orders[orderId] = state;
        return true;
    }

    public CouponHold[] ToArray() => [.. _orders.Select(order => Of(order.Key) ?? new(order.Key, order.Value))];
}

/// <summary>What has become of an order's asking for a unit.</summary>
public enum HoldState : byte
{
    Refused = 1,
    Held,
    Released,
    Used,
}

/// <summary>An order that has asked for a unit; with the unit and the amounts while it is held.</summary>
public readonly record struct CouponHold(long OrderId, HoldState State, long Ticket = 0, long OrderAmount = 0, long DiscountAmount = 0);
