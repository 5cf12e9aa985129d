using CouponAkka.Domain.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Engine.Tests;

public sealed class WriterLeaseProperties
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "18")]
    public void Whoever_takes_over_and_whoever_is_late_every_answer_fits_one_order(bool exists) =>
        Prop.ForAll(
            Arb.From(WriterLeaseSimulation.AnyRates.SelectMany(rates => WriterLeaseSimulation.AnySteps.Select(steps => (Rates: rates, Steps: steps)))),
            run => _ = new WriterLeaseSimulation(exists, run.Rates, run.Steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(1_500));

    // Else the property above would say nothing.
    [Fact]
    public void Many_who_ask_are_answered()
    {
        var answers = Properties.Sample(WriterLeaseSimulation.AnySteps.ToArbitrary(), 200).Sum(steps => new WriterLeaseSimulation(true, [1, 1, 1], steps).Answers);

        Assert.InRange(answers, 500, int.MaxValue);
    }
}
