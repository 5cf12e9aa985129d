using System.Collections.Concurrent;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Payments;
using CouponAkka.Engine.Tests.Reacting;
using CouponAkka.Testing;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Tests.Payments;

public sealed class PaymentDeskTests : IAsyncDisposable
{
    private readonly HeldProvider _provider = new();
    private readonly LogLines<PaymentDesk> _log = new();
    private readonly ConcurrentQueue<(long OrderId, OrderCommand Answer)> _told = [];
    private Func<long, OrderCommand, bool> _hears = (_, _) => true;
    private PaymentDesk _desk;

    public PaymentDeskTests() => _desk = Desk(asksAtOnce: 2, mostOrders: 4);

    public ValueTask DisposeAsync() => _desk.DisposeAsync();

    public static TheoryData<PaymentAsk, object, OrderCommand?> Answers => new()
    {
        { new TakePayment(900), TakeOutcome.Taken, ConfirmPayment.Instance },
        { new TakePayment(900), TakeOutcome.Declined, DeclinePayment.Instance },
        { new TakePayment(900), TakeOutcome.Unknown, null },
        { GiveBack.Instance, GiveBackOutcome.GivenBack, ConfirmReturn.Instance },
        { GiveBack.Instance, GiveBackOutcome.Unknown, null },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_order_is_told_what_the_provider_answers_and_nothing_where_it_does_not_know(PaymentAsk ask, object outcome, OrderCommand? answer)
    {
        _desk.Take(17, ask);
        await _provider.AskedAsync((17, ask));
        Assert.Empty(_told);

        _provider.Answer(17, outcome);
        await IdleAsync();

        Assert.Equal(answer is null ? [] : [(17, answer)], _told);
    }

    [Fact]
    public async Task Where_there_is_nothing_to_pay_the_order_is_confirmed_without_the_provider_even_if_it_answers_nobody()
    {
        _desk.Take(1, new TakePayment(900));
        _desk.Take(2, new TakePayment(900));
        await _provider.AskedAsync((1, new TakePayment(900)), (2, new TakePayment(900)));

        _desk.Take(3, new TakePayment(0));
        await Eventually.HoldsAsync(() => !_told.IsEmpty);

        Assert.Equal([(3, ConfirmPayment.Instance)], _told);
        Assert.Equal(2, _provider.Asked.Count);
    }

    [Fact]
    public async Task Giving_back_waits_until_the_taking_before_it_is_answered_and_told()
    {
        _desk.Take(17, new TakePayment(900));
        await _provider.AskedAsync((17, new TakePayment(900)));
        _desk.Take(17, GiveBack.Instance);
        // Another order passes, so there was time.
        _desk.Take(18, new TakePayment(1));
        await _provider.AnswerLaterAsync(18, TakeOutcome.Taken);
        await Eventually.HoldsAsync(() => _told.Any(told => told.OrderId == 18));
        Assert.DoesNotContain((17, GiveBack.Instance), _provider.Asked);

        _provider.Answer(17, TakeOutcome.Taken);
        await _provider.AskedAsync((17, new TakePayment(900)), (18, new TakePayment(1)), (17, GiveBack.Instance));
        _provider.Answer(17, GiveBackOutcome.GivenBack);
        await IdleAsync();

        Assert.Equal([ConfirmPayment.Instance, ConfirmReturn.Instance], _told.Where(told => told.OrderId == 17).Select(told => told.Answer));
    }

    [Fact]
    public async Task Taking_that_has_not_begun_is_not_begun_once_giving_back_is_asked()
    {
        _desk.Take(1, new TakePayment(900));
        _desk.Take(2, new TakePayment(900));
        await _provider.AskedAsync((1, new TakePayment(900)), (2, new TakePayment(900)));
        _desk.Take(3, new TakePayment(900));
        _desk.Take(3, GiveBack.Instance);
        // As events say that are delivered again.
        _desk.Take(3, new TakePayment(900));

        _provider.Answer(1, TakeOutcome.Taken);
        await _provider.AskedAsync((1, new TakePayment(900)), (2, new TakePayment(900)), (3, GiveBack.Instance));
        _provider.Answer(2, TakeOutcome.Taken);
        _provider.Answer(3, GiveBackOutcome.GivenBack);
        await IdleAsync();

        Assert.Equal(3, _provider.Asked.Count);
    }

    [Fact]
    public async Task The_same_asked_again_while_it_is_done_is_done_once_and_afterwards_once_more()
    {
        _desk.Take(17, new TakePayment(900));
        await _provider.AskedAsync((17, new TakePayment(900)));
        _desk.Take(17, new TakePayment(900));
        _provider.Answer(17, TakeOutcome.Unknown);
        await IdleAsync();
        Assert.Single(_provider.Asked);

        _desk.Take(17, new TakePayment(900));
        await _provider.AskedAsync((17, new TakePayment(900)), (17, new TakePayment(900)));
        _provider.Answer(17, TakeOutcome.Taken);
        await IdleAsync();

        Assert.Equal([(17, ConfirmPayment.Instance)], _told);
    }

    [Fact]
    public async Task The_provider_has_so_many_asks_at_once_and_what_does_not_fit_is_dropped_and_logged_once()
    {
        foreach (var orderId in Enumerable.Range(1, 6))
            _desk.Take(orderId, new TakePayment(900));
        await Eventually.HoldsAsync(() => _provider.Asked.Count == 2);
        Assert.Equal(4, _desk.Waiting);

        foreach (var orderId in Enumerable.Range(1, 4))
            await _provider.AnswerLaterAsync(orderId, TakeOutcome.Taken);
        await IdleAsync();

        Assert.Equal(2, _provider.MostAtOnce);
        Assert.Equal([1L, 2, 3, 4], _told.Select(told => told.OrderId).Order());
        Assert.Equal(1, _log.Count(LogLevel.Error));
        Assert.True(_log.Has(LogLevel.Error, "order 5", "is dropped", "4 orders"), _log.ToString());
        // There is room again.
        await PassAsync(6);
        Assert.Contains((6, ConfirmPayment.Instance), _told);
    }

    [Fact]
    public async Task An_order_that_does_not_hear_is_told_again_a_few_times_and_then_left_to_its_timer()
    {
        await _desk.DisposeAsync();
        _desk = Desk(asksAtOnce: 1, mostOrders: 4, new FastTime());
        var deaf = 3;
        _hears = (orderId, _) => orderId == 1 ? --deaf < 0 : orderId == 2 ? throw new InvalidOperationException("The journal is full.") : true;

        await PassAsync(1);
        Assert.Equal(4, _told.Count);
        Assert.Empty(_log.Lines);

        await PassAsync(2);
        Assert.Equal(4 + 5, _told.Count);
        Assert.True(_log.Has(LogLevel.Warning, "Order 2 can't be told", "The journal is full."), _log.ToString());
        await PassAsync(3);
    }

    [Fact]
    public async Task A_provider_that_throws_is_no_answer_and_holds_up_nobody()
    {
        _desk.Take(1, new TakePayment(900));
        await _provider.AskedAsync((1, new TakePayment(900)));
        _provider.Answer(1, new InvalidOperationException("What?"));
        await IdleAsync();

        Assert.Empty(_told);
        Assert.True(_log.Has(LogLevel.Error, "order 1", "What?"), _log.ToString());
        // Both asks that it may be given are free, and the order's own place.
        await PassAsync(1);
        await PassAsync(2);
        await PassAsync(3);
        Assert.Equal([1L, 2, 3], _told.Select(told => told.OrderId));
    }

    [Fact]
    public async Task It_ends_while_the_provider_never_answers_and_takes_nothing_any_more()
    {
        foreach (var orderId in Enumerable.Range(1, 4))
            _desk.Take(orderId, new TakePayment(900));
        await Eventually.HoldsAsync(() => _provider.Asked.Count == 2);

        await _desk.DisposeAsync();
        _desk.Take(5, new TakePayment(0));
        _desk.Take(6, new TakePayment(900));

        Assert.Equal(2, _provider.Asked.Count);
        Assert.Empty(_told);
        Assert.Empty(_log.Lines);
    }

    private PaymentDesk Desk(int asksAtOnce, int mostOrders, TimeProvider? clock = null) => new(
        _provider,
        (orderId, answer, _) =>
        {
            _told.Enqueue((orderId, answer));
            return new(_hears(orderId, answer));
        },
        clock ?? TimeProvider.System,
        _log,
        asksAtOnce,
        mostOrders);

    private async Task PassAsync(long orderId)
    {
        _desk.Take(orderId, new TakePayment(1));
        await _provider.AnswerLaterAsync(orderId, TakeOutcome.Taken);
        await IdleAsync();
    }

    private Task IdleAsync() => Eventually.HoldsAsync(() => _desk.Waiting == 0);

    /// <summary>A provider that answers when it is told to.</summary>
    private sealed class HeldProvider : IPaymentProvider
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<long, TaskCompletionSource<object>> _held = [];
        private readonly List<(long OrderId, PaymentAsk Ask)> _asked = [];

        public IReadOnlyList<(long OrderId, PaymentAsk Ask)> Asked
        {
            get
            {
                lock (_gate)
                    return [.. _asked];
            }
        }

        public int MostAtOnce { get; private set; }

        public bool IsAsked(long orderId)
        {
            lock (_gate)
                return _held.ContainsKey(orderId);
        }

        public Task AskedAsync(params (long, PaymentAsk)[] asks) =>
            Eventually.HoldsAsync(() => Asked.Order(ByOrder).SequenceEqual(asks.Order(ByOrder)), () => string.Join(", ", Asked));

        public void Answer(long orderId, object outcome)
        {
            lock (_gate)
            {
                _held.Remove(orderId, out var held);
                if (outcome is Exception fault)
                    held!.SetException(fault);
                else
                    held!.SetResult(outcome);
            }
        }

        public async Task AnswerLaterAsync(long orderId, object outcome)
        {
            await Eventually.HoldsAsync(() => IsAsked(orderId));
            Answer(orderId, outcome);
        }

        public async Task<TakeOutcome> TakeAsync(long orderId, long amount, CancellationToken cancel) =>
            (TakeOutcome)await HoldAsync(orderId, new TakePayment(amount), cancel);

        public async Task<GiveBackOutcome> GiveBackAsync(long orderId, CancellationToken cancel) =>
            (GiveBackOutcome)await HoldAsync(orderId, GiveBack.Instance, cancel);

        private static Comparer<(long OrderId, PaymentAsk Ask)> ByOrder { get; } =
            Comparer<(long OrderId, PaymentAsk Ask)>.Create(
                (one, other) => (one.OrderId, one.Ask is GiveBack).CompareTo((other.OrderId, other.Ask is GiveBack)));

        private Task<object> HoldAsync(long orderId, PaymentAsk ask, CancellationToken cancel)
        {
            lock (_gate)
            {
                // Fails if the order is asked a second time meanwhile.
                var held = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
                _held.Add(orderId, held);
                _asked.Add((orderId, ask));
                MostAtOnce = Math.Max(MostAtOnce, _held.Count);
                return held.Task.WaitAsync(cancel);
            }
        }
    }
}
