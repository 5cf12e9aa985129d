using CouponAkka.Engine.Payments;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Api.Tests.Payments;

public sealed class PaymentSettingsTests
{
    [Fact]
    public async Task Without_an_address_payments_are_simulated_as_the_settings_say_and_that_is_logged()
    {
        await using var services = new PaymentServices(
            ("PaymentSimulator:DeclineEvery", "5"), ("PaymentSimulator:NeverAnswerEvery", "7"), ("PaymentSimulator:DelayMilliseconds", "1"));
        await services.StartAsync();

        Assert.True(services.Log.Has(LogLevel.Warning, "Payments:Url is not set", "no money is taken"), services.Log.ToString());
        Assert.IsType<SimulatedPayments>(services.Provider);
        Assert.Equal(TakeOutcome.Taken, await services.Provider.TakeAsync(1, 900, default));
        Assert.Equal(TakeOutcome.Declined, await services.Provider.TakeAsync(5, 900, default));
        Assert.Equal(TakeOutcome.Unknown, await services.Provider.TakeAsync(7, 900, default));
    }

    [Fact]
    public async Task With_an_address_it_is_logged_and_the_key_is_not()
    {
        await using var services = new PaymentServices(("Payments:Url", "https://pay.example/v1"), ("Payments:ApiKey", "secret-key"));
        await services.StartAsync();

        Assert.True(services.Log.Has(LogLevel.Information, "https://pay.example/v1"), services.Log.ToString());
        Assert.DoesNotContain("secret-key", services.Log.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Payments:Url", "Payments:Url", "pay.example/v1")]
    [InlineData("Payments:Url", "Payments:Url", "ftp://pay.example")]
    [InlineData("Payments:Url", "Payments:Url", "/v1")]
    [InlineData("Payments:Url", "Payments:Url", "")]
    [InlineData("Payments:Url", "Payments:Url", "https://user:password@pay.example")]
    [InlineData("Payments:Url", "Payments:Url", "https://pay.example/?a=b")]
    [InlineData("Payments:Url", "Payments:Url", "https://pay.example/#a")]
    [InlineData("Payments:Url is not", "Payments:ApiKey", "secret-key")]
    [InlineData("a header can't have", "Payments:ApiKey", "secret-key\r\nX: y", "Payments:Url", "https://pay.example")]
    [InlineData("a header can't have", "Payments:ApiKey", "", "Payments:Url", "https://pay.example")]
    [InlineData("TimeoutSeconds", "Payments:TimeoutSeconds", "0")]
    [InlineData("TimeoutSeconds", "Payments:TimeoutSeconds", "61")]
    [InlineData("RequestsAtOnce", "Payments:RequestsAtOnce", "0")]
    [InlineData("WaitingOrders", "Payments:WaitingOrders", "0")]
    [InlineData("DeclineEvery", "PaymentSimulator:DeclineEvery", "-1")]
    [InlineData("NeverAnswerEvery", "PaymentSimulator:NeverAnswerEvery", "-1")]
    [InlineData("DelayMilliseconds", "PaymentSimulator:DelayMilliseconds", "-1")]
    public async Task A_setting_that_can_not_be_is_refused_and_a_key_is_not_shown(string said, params string[] settings)
    {
        await using var services = new PaymentServices([.. settings.Chunk(2).Select(setting => (setting[0], (string?)setting[1]))]);

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(services.StartAsync);

        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-key", refusal.Message, StringComparison.Ordinal);
    }
}
