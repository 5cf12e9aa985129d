using System.Collections.Concurrent;
using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Payments;
using CouponAkka.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CouponAkka.Engine.Tests.Payments;

/// <summary>From an order's event to the provider, and back to the order.</summary>
public sealed class OrderPaymentsTests : IAsyncDisposable
{
    private static readonly Timestamp Noon = Timestamp.From(new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    private readonly SimulatedPayments _provider = new(new PaymentSimulation(), TimeProvider.System);
    private readonly ConcurrentQueue<(long OrderId, OrderCommand Answer)> _told = [];
    private readonly PaymentDesk _desk;
    private readonly OrderPayments _payments;

    public OrderPaymentsTests()
    {
        _desk = new PaymentDesk(
            _provider,
            (orderId, answer, _) =>
            {
                _told.Enqueue((orderId, answer));
                return new(true);
            },
            TimeProvider.System,
            NullLogger<PaymentDesk>.Instance);
        _payments = new OrderPayments(_desk);
    }

    public ValueTask DisposeAsync() => _desk.DisposeAsync();

    public static TheoryData<OrderEvent, long> ThatAsk => new()
    {
        { new OrderStockReserved(3, CouponId: null, 900, 1_800, Noon, null), 1_800 },
        { new OrderCouponHeld(500, 1_300, Noon, null), 1_300 },
        { new PaymentAskedAgain(1_300, 1, Noon, null), 1_300 },
    };

    [Theory]
    [MemberData(nameof(ThatAsk))]
    public async Task An_event_that_asks_for_money_takes_it_for_its_order_and_the_order_is_told(OrderEvent happened, long amount)
    {
        _payments.Take(9, happened);
        await Eventually.HoldsAsync(() => _desk.Waiting == 0);

        Assert.Equal(new SimulatedPayment(amount, TimesTaken: 1), _provider.Of(9));
        Assert.Equal([(9, ConfirmPayment.Instance)], _told);
    }

    public static TheoryData<OrderEvent> ThatGiveBack =>
    [
        new OrderCanceled(CancelReason.TimedOut, 5, null, MayBePaid: true, Noon, null),
        new ReturnAsked(1, Noon, null),
    ];

    [Theory]
    [MemberData(nameof(ThatGiveBack))]
    public async Task An_event_of_an_order_that_came_to_nothing_gives_back_and_the_order_is_told(OrderEvent happened)
    {
        await _provider.TakeAsync(9, 900, CancellationToken.None);

        _payments.Take(9, happened);
        await Eventually.HoldsAsync(() => _desk.Waiting == 0);

        Assert.Equal(new SimulatedPayment(900, TimesTaken: 1, TimesGivenBack: 1, IsClosed: true), _provider.Of(9));
        Assert.Equal([(9, ConfirmReturn.Instance)], _told);
    }

    public static TheoryData<OrderEvent> ThatAskNothing =>
    [
        new OrderPlaced(3, 5, 2, null, OrderTerms.Default, Noon, null),
        // Its coupon is asked first.
        new OrderStockReserved(3, CouponId: 7, 900, 1_800, Noon, null),
        new OrderPaid(5, null, Noon, null),
        new OrderShipped(Noon),
        new OrderCanceled(CancelReason.PaymentDeclined, 5, null, MayBePaid: false, Noon, null),
        new PaymentReturned(Noon),
    ];

    [Theory]
    [MemberData(nameof(ThatAskNothing))]
    public async Task The_rest_asks_nothing(OrderEvent happened)
    {
        _payments.Take(9, happened);
        Assert.Equal(0, _desk.Waiting);

        // What is asked after it is answered, so there was time.
        _payments.Take(10, new OrderCouponHeld(0, 1, Noon, null));
        await Eventually.HoldsAsync(() => !_told.IsEmpty);
        Assert.Equal(default, _provider.Of(9));
        Assert.Equal([(10, ConfirmPayment.Instance)], _told);
    }

    [Fact]
    public void It_is_told_of_orders() => Assert.Equal("order", _payments.Source);
}
