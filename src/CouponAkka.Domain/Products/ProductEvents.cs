namespace CouponAkka.Domain.Products;

/// <summary>A fact about one product.</summary>
public abstract record ProductEvent : Event
{
    /// <summary>The same facts in fewer events: neighbours that tell the same of several orders become one row.</summary>
    public static List<Event> Coalesce(IReadOnlyList<Event> events)
    {
        var coalesced = new List<Event>();
        for (var first = 0; first < events.Count;)
        {
            var next = first + 1;
            while (next < events.Count && events[first] is StockMoved moved && moved.IsLike(events[next]))
                next++;
            coalesced.Add(next - first == 1 ? events[first] : Merge(events, first, next));
            first = next;
        }

        return coalesced;
    }

    private static StockMoved Merge(IReadOnlyList<Event> events, int first, int end)
    {
        var orders = new List<OrderStock>(end - first);
        for (var i = first; i < end; i++)
            orders.AddRange(((StockMoved)events[i]).Orders);
        return (StockMoved)events[end - 1] with { Orders = [.. orders] };
    }
}

/// <summary>The product exists from <paramref name="At"/> on.</summary>
public sealed record ProductCreated(string Name, long Price, long Stock, Timestamp At) : ProductEvent;

/// <summary>The product is called and costs this.</summary>
public sealed record ProductChanged(string Name, long Price, Timestamp At) : ProductEvent;

/// <summary>There is so much more of it.</summary>
public sealed record Restocked(long Quantity, string? Key, Timestamp At) : ProductEvent;

/// <summary>The same happened to the stock of each of some orders.</summary>
/// <param name="Orders">At least one, none of them twice.</param>
/// <param name="At">When it happened to the last of them.</param>
public abstract record StockMoved(OrderStock[] Orders, Timestamp At) : ProductEvent
{
    public virtual bool Equals(StockMoved? other) =>
        other is not null && EqualityContract == other.EqualityContract && At == other.At && Orders.AsSpan().SequenceEqual(other.Orders);

    public override int GetHashCode() => HashCode.Combine(EqualityContract, Orders.Length, Orders.FirstOrDefault(), At);

    /// <summary>Whether the other tells the same, of other orders.</summary>
    public virtual bool IsLike(Event other) => other.GetType() == GetType();
}

/// <summary>So much of the stock, of one order.</summary>
public readonly record struct OrderStock(long OrderId, int Quantity);

/// <summary>It was set aside, at this price for each.</summary>
public sealed record StockReserved(OrderStock[] Orders, long Price, Timestamp At) : StockMoved(Orders, At)
{
    public override bool IsLike(Event other) => other is StockReserved reserved && reserved.Price == Price;
}

/// <summary>There was not enough of it to set aside.</summary>
public sealed record StockRefused(OrderStock[] Orders, Timestamp At) : StockMoved(Orders, At);

/// <summary>What was set aside may be had again.</summary>
public sealed record StockReleased(OrderStock[] Orders, Timestamp At) : StockMoved(Orders, At);

/// <summary>What was set aside is gone.</summary>
public sealed record StockSold(OrderStock[] Orders, Timestamp At) : StockMoved(Orders, At);
