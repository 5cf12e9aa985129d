using CouponAkka.Domain.Orders;
using CouponAkka.Engine.Payments;

namespace CouponAkka.Engine.Tests.Payments;

public sealed class SimulatedPaymentsTests
{
    [Fact]
    public async Task By_itself_it_takes_once_and_gives_back_once_however_often_it_is_asked()
    {
        var payments = Simulate();

        Assert.Equal(TakeOutcome.Taken, await payments.TakeAsync(17, 900, default));
        Assert.Equal(TakeOutcome.Taken, await payments.TakeAsync(17, 900, default));
        Assert.Equal(new SimulatedPayment(900, TimesTaken: 1), payments.Of(17));

        Assert.Equal(GiveBackOutcome.GivenBack, await payments.GiveBackAsync(17, default));
        Assert.Equal(GiveBackOutcome.GivenBack, await payments.GiveBackAsync(17, default));
        Assert.Equal(new SimulatedPayment(900, TimesTaken: 1, TimesGivenBack: 1, IsClosed: true), payments.Of(17));
        Assert.Equal(default, payments.Of(18));
    }

    [Fact]
    public async Task What_was_given_back_before_it_was_taken_is_never_taken()
    {
        var payments = Simulate();

        await payments.GiveBackAsync(17, default);

        Assert.Equal(TakeOutcome.Declined, await payments.TakeAsync(17, 900, default));
        Assert.Equal(0, payments.Of(17).TimesTaken);
    }

    [Fact]
    public async Task Every_so_many_are_declined_and_of_every_so_many_it_is_not_said_that_they_are_taken()
    {
        var payments = Simulate(new(DeclineEvery: 2, NeverAnswerEvery: 3));

        Assert.Equal(TakeOutcome.Taken, await payments.TakeAsync(1, 900, default));
        Assert.Equal(TakeOutcome.Declined, await payments.TakeAsync(4, 900, default));
        Assert.Equal(TakeOutcome.Unknown, await payments.TakeAsync(9, 900, default));
        Assert.Equal(TakeOutcome.Unknown, await payments.TakeAsync(9, 900, default));
        Assert.Equal((0, 1), (payments.Of(4).TimesTaken, payments.Of(9).TimesTaken));

        Assert.Equal(GiveBackOutcome.GivenBack, await payments.GiveBackAsync(9, default));
        Assert.False(payments.Of(9).IsTaken);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task An_order_is_told_once_or_twice(bool twice, int times)
    {
        var told = 0;
        var tell = Simulate(new(AnswerTwice: twice)).Telling((_, _, _) => new(++told > 0));

        Assert.True(await tell(17, ConfirmPayment.Instance, default));
        Assert.Equal(times, told);
    }

    private static SimulatedPayments Simulate(PaymentSimulation? simulation = null) => new(simulation ?? new(), TimeProvider.System);
}
