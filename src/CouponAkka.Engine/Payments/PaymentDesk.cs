using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Engine.Payments;

/// <summary>
/// Asks the provider for orders, and tells them its answers. It keeps nothing: what does not fit, what is not answered and what can't be told is forgotten,
/// and asked again by the order's timer (docs/adr/0026-orders.md). Any thread may use it.
/// </summary>
/// <param name="tell">Tells an order an answer; true once it is heard.</param>
/// <param name="asksAtOnce">How many asks the provider is given at a time.</param>
/// <param name="mostOrders">How many orders may wait or be worked on; what is asked for one more is dropped.</param>
public sealed partial class PaymentDesk(
    IPaymentProvider provider,
    Func<long, OrderCommand, CancellationToken, ValueTask<bool>> tell,
    TimeProvider clock,
    ILogger<PaymentDesk> log,
    int asksAtOnce = PaymentDesk.AsksAtOnce,
    int mostOrders = PaymentDesk.MostOrders) : IAsyncDisposable
{
    public const int AsksAtOnce = 64;
    public const int MostOrders = 20_000;

    private const int TimesTold = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, OrderAsks> _orders = [];
    private readonly SemaphoreSlim _room = new(asksAtOnce, asksAtOnce);
    private readonly CancellationTokenSource _end = new();
    private readonly LogPace _pace = new(clock);
    private bool _ended;

    /// <summary>How many orders wait for the provider, are answered by it, or are being told.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _orders.Count;
        }
    }

    /// <summary>
    /// Takes what an order's event asks, and returns at once. What one order asks is done one at a time: giving back after the taking that was asked before,
    /// or in its place where that has not begun. Asking the same while it is being done adds nothing.
    /// </summary>
    public void Take(long orderId, PaymentAsk ask)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            if (_orders.TryGetValue(orderId, out var asks))
            {
                asks.Add(ask);
                return;
            }

            if (_orders.Count < mostOrders)
            {
                _orders[orderId] = asks = new OrderAsks(ask);
                asks.Working = Task.Run(() => WorkAsync(orderId, asks), CancellationToken.None);
                return;
            }
        }

        CouponMeter.PaymentDropped();
        if (_pace.Allows("dropped"))
            LogDropped(orderId, mostOrders);
    }

    /// <summary>Ends what is being done. The next process is asked for it again.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] working;
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            working = [.. _orders.Values.Select(asks => asks.Working)];
        }

        await _end.CancelAsync();
        await Task.WhenAll(working);
        _room.Dispose();
        _end.Dispose();
    }

    private async Task WorkAsync(long orderId, OrderAsks asks)
    {
        try
        {
            while (HasMore(orderId, asks))
            {
                if (await AnswerAsync(orderId, asks) is { } answer)
                    await TellAsync(orderId, answer);
            }
        }
        catch (Exception) when (_end.IsCancellationRequested)
        {
            // Whatever it is, it comes from the end. The next process is asked again.
        }
    }

    private bool HasMore(long orderId, OrderAsks asks)
    {
        lock (_gate)
        {
            if (asks.End())
                return true;
            _orders.Remove(orderId);
            return false;
        }
    }

    private async Task<OrderCommand?> AnswerAsync(long orderId, OrderAsks asks)
    {
        lock (_gate)
        {
            // Whoever owes nothing need not wait for a provider that does not answer others.
            if (asks.Waiting is TakePayment { Amount: 0 })
            {
                asks.Begin();
                return ConfirmPayment.Instance;
            }
        }

        await _room.WaitAsync(_end.Token);
        try
        {
            // Room is made by those who end, too.
            _end.Token.ThrowIfCancellationRequested();
            PaymentAsk ask;
            lock (_gate)
                ask = asks.Begin();
            return await AskAsync(orderId, ask);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<OrderCommand?> AskAsync(long orderId, PaymentAsk ask)
    {
        var began = clock.GetTimestamp();
        OrderCommand? answer = null;
        try
        {
            answer = ask is TakePayment take
                ? await provider.TakeAsync(orderId, take.Amount, _end.Token) switch
                {
                    TakeOutcome.Taken => ConfirmPayment.Instance,
                    TakeOutcome.Declined => DeclinePayment.Instance,
                    _ => null,
                }
                : await provider.GiveBackAsync(orderId, _end.Token) == GiveBackOutcome.GivenBack ? ConfirmReturn.Instance : null;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException && !_end.IsCancellationRequested)
        {
            if (_pace.Allows("fault"))
                LogFault(fault, orderId);
        }

        CouponMeter.PaymentAnswered(answer, clock.GetElapsedTime(began));
        return answer;
    }

    private async Task TellAsync(long orderId, OrderCommand answer)
    {
        var pause = FirstPause;
        Exception? cause = null;
        for (var time = 1; time <= TimesTold; time++, pause *= 2)
        {
            if (time > 1)
                await Task.Delay(pause, clock, _end.Token);
            try
            {
                if (await tell(orderId, answer, _end.Token))
                    return;
            }
            catch (Exception fault) when (fault is not OutOfMemoryException && !_end.IsCancellationRequested)
            {
                cause = fault;
            }
        }

        if (_pace.Allows("untold"))
            LogUntold(cause, orderId, answer.GetType().Name);
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "What order {OrderId} asks of the payment provider is dropped, and what others ask too: {Most} orders wait for it already. "
            + "Each asks again by its own timer until its time is out. What to do: look at whether the provider answers.")]
    private partial void LogDropped(long orderId, int most);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The payment provider's answer for order {OrderId} is not known, for asking it failed. The order asks again by its own timer.")]
    private partial void LogFault(Exception fault, long orderId);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Order {OrderId} can't be told the payment provider's answer, {Answer}. It asks again by its own timer, and gets the same answer then. "
            + "What to do: look at whether orders can be written.")]
    private partial void LogUntold(Exception? cause, long orderId, string answer);

    /// <summary>What one order asks. An order that has asked to give back never wants to pay any more: only events delivered again say so.</summary>
    private sealed class OrderAsks(PaymentAsk first)
    {
        private PaymentAsk? _begun;

        public PaymentAsk? Waiting { get; private set; } = first;

        public Task Working { get; set; } = Task.CompletedTask;

        public void Add(PaymentAsk ask)
        {
            var last = Waiting ?? _begun;
            if (last is not GiveBack && last != ask)
                Waiting = ask;
        }

        public PaymentAsk Begin()
        {
            _begun = Waiting ?? throw new InvalidOperationException("There is nothing to begin.");
            Waiting = null;
            return _begun;
        }

        /// <returns>Whether there is more.</returns>
        public bool End()
        {
            _begun = null;
            return Waiting is not null;
        }
    }
}
