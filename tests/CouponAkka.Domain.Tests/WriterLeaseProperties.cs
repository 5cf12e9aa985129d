using FsCheck;
using FsCheck.Fluent;

namespace CouponAkka.Domain.Tests;

public sealed class WriterLeaseProperties
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Promise", "18")]
    public void Promise_18_whoever_takes_over_and_whoever_is_late_every_answer_fits_one_order(bool exists) =>
        Prop.ForAll(
            Arb.From(WriterLeaseSimulation.AnyRates.SelectMany(rates => WriterLeaseSimulation.AnySteps.Select(steps => (Rates: rates, Steps: steps)))),
            run => _ = new WriterLeaseSimulation(exists, run.Rates, run.Steps)).Check(Config.QuickThrowOnFailure.WithMaxTest(1_500));

    [Fact]
    public void Most_who_ask_are_answered()
    {
        var answers = Gen.Sample(WriterLeaseSimulation.AnySteps, 200).Sum(steps => new WriterLeaseSimulation(true, [1, 1, 1], steps).Answers);

        Assert.InRange(answers, 1_000, int.MaxValue);
    }
}
