using System.Collections.Concurrent;
using CouponAkka.Domain.Orders;

namespace CouponAkka.Engine.Payments;

/// <summary>How a simulated provider behaves. An order's number says what becomes of it, so that every process says the same of it, however often.</summary>
/// <param name="DeclineEvery">Orders whose number is a multiple of it are declined; 0: none.</param>
/// <param name="NeverAnswerEvery">For orders whose number is a multiple of it, it takes the money and never says so; 0: none.</param>
/// <param name="AnswerAfter">How long an answer takes.</param>
/// <param name="AnswerTwice">Whether every answer is told twice.</param>
public sealed record PaymentSimulation(int DeclineEvery = 0, int NeverAnswerEvery = 0, TimeSpan AnswerAfter = default, bool AnswerTwice = false);

/// <summary>
/// A provider for development and tests: in memory, it takes whatever it is asked for, unless the simulation says otherwise. It remembers every order for as
/// long as the process lives, and another process's not at all. Any thread may use it.
/// </summary>
public sealed class SimulatedPayments(PaymentSimulation simulation, TimeProvider clock) : IPaymentProvider
{
    private readonly ConcurrentDictionary<long, SimulatedPayment> _payments = [];

    /// <summary>What was done for an order.</summary>
    public SimulatedPayment Of(long orderId) => _payments.GetValueOrDefault(orderId);

    /// <inheritdoc/>
    public async Task<TakeOutcome> TakeAsync(long orderId, long amount, CancellationToken cancel)
    {
        await Task.Delay(simulation.AnswerAfter, clock, cancel);
        if (IsOneOf(orderId, simulation.DeclineEvery))
            return TakeOutcome.Declined;
        var payment = _payments.AddOrUpdate(
            orderId,
            static (_, amount) => new SimulatedPayment(amount, TimesTaken: 1),
            static (_, known, amount) => known.IsTaken || known.IsClosed ? known : known with { Amount = amount, TimesTaken = known.TimesTaken + 1 },
            amount);
        if (IsOneOf(orderId, simulation.NeverAnswerEvery))
            return TakeOutcome.Unknown;
        return payment.IsClosed ? TakeOutcome.Declined : TakeOutcome.Taken;
    }

    /// <inheritdoc/>
    public async Task<GiveBackOutcome> GiveBackAsync(long orderId, CancellationToken cancel)
    {
        await Task.Delay(simulation.AnswerAfter, clock, cancel);
        _payments.AddOrUpdate(
            orderId,
            static _ => new SimulatedPayment(IsClosed: true),
            static (_, known) => known with { IsClosed = true, TimesGivenBack = known.TimesGivenBack + (known.IsTaken ? 1 : 0) });
        return GiveBackOutcome.GivenBack;
    }

    /// <summary>Tells orders what a desk tells them, once or twice.</summary>
    public Func<long, OrderCommand, CancellationToken, ValueTask<bool>> Telling(Func<long, OrderCommand, CancellationToken, ValueTask<bool>> tell)
    {
        return simulation.AnswerTwice ? TwiceAsync : tell;

        async ValueTask<bool> TwiceAsync(long orderId, OrderCommand answer, CancellationToken cancel) =>
            await tell(orderId, answer, cancel) & await tell(orderId, answer, cancel);
    }

    private static bool IsOneOf(long orderId, int every) => every > 0 && orderId % every == 0;
}

/// <summary>What a simulated provider has done for one order.</summary>
/// <param name="Amount">What was taken each time.</param>
/// <param name="IsClosed">It was asked to give back, and takes nothing any more.</param>
public readonly record struct SimulatedPayment(long Amount = 0, int TimesTaken = 0, int TimesGivenBack = 0, bool IsClosed = false)
{
    public bool IsTaken => TimesTaken > TimesGivenBack;
}
