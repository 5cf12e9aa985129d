using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using CouponAkka.Contracts;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Projecting;

namespace CouponAkka.Engine.Orders;

/// <summary>An order as lists show it: the order itself, as it was when its last event had happened.</summary>
public sealed class OrderDocument : EntityView
{
    /// <summary>The orders of one user, by when they were placed: a line holds the id.</summary>
    public const string OfUser = "orders";

    // A position has 63 bits: 51 for microseconds, which last for 71 years, and some of the order's id for who orders twice in one of them.
    private const int IdBits = 12;
    private const long MostMicroseconds = 1L << 51;
    private static readonly Timestamp Epoch = Timestamp.From(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly Order _order;

    /// <exception cref="UnreadableMessageException"><paramref name="before"/> is damaged.</exception>
    internal OrderDocument(long id, string? before) => _order = before is null ? new Order(id) : Read(before);

    public override void Apply(Event happened)
    {
        _order.Evolve(happened);
        if (happened is OrderPlaced placed)
            Add(new ListLine(OfUser, placed.UserId, PositionOf(placed.At, _order.Id), _order.Id.ToString(CultureInfo.InvariantCulture)));
    }

    public override string? ToJson() => _order.Exists ? JsonSerializer.Serialize(_order.TakeSnapshot(), OrderDocumentJson.Default.OrderSnapshot) : null;

    /// <summary>The order that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="UnreadableMessageException">It is damaged.</exception>
    public static OrderView ReadOrder(string json) => ((OrderIs)Read(json).Decide(GetOrder.Instance, default).Reply).Order;

    /// <summary>The order that a line of <see cref="OfUser"/> names.</summary>
    /// <exception cref="UnreadableMessageException">It is damaged.</exception>
    public static long ReadId(ListLine line) => long.TryParse(line.Json, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw new UnreadableMessageException($"Order {line.Position} of user {line.Owner}", "json", new JsonException("It is no id."));

    private static long PositionOf(Timestamp placed, long orderId)
    {
        var microseconds = placed.UnixMicroseconds - Epoch.UnixMicroseconds;
        return microseconds is > 0 and < MostMicroseconds ? (microseconds << IdBits) | (orderId & ((1 << IdBits) - 1)) : orderId;
    }

    private static Order Read(string json)
    {
        const string place = "An order in a list";
        var snapshot = Read(json, OrderDocumentJson.Default.OrderSnapshot, place);
        try
        {
            return Order.From(snapshot);
        }
        catch (InvalidEventException damaged)
        {
            throw new UnreadableMessageException(place, "json", damaged);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(OrderSnapshot))]
internal sealed partial class OrderDocumentJson : JsonSerializerContext;
