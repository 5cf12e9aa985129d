using CouponAkka.Engine;
using CouponAkka.Engine.Orders;
using CouponAkka.Engine.Payments;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting.Payments;

/// <summary>Payments of a program, wherever reactions run.</summary>
public static class PaymentRegistration
{
    /// <summary>What such a program can be told.</summary>
    public static IEnumerable<KnownSetting> Settings =>
    [
        .. KnownSetting.Of<PaymentOptions>(PaymentOptions.Section),
        .. KnownSetting.Of<PaymentSimulatorOptions>(PaymentSimulatorOptions.Section),
    ];

    /// <summary>Adds a <see cref="PaymentDesk"/>, and the provider that the settings name: one behind HTTP, or a simulated one.</summary>
    /// <param name="entities">Where orders are told an answer.</param>
    public static void AddPayments(this IServiceCollection services, Func<IServiceProvider, IEntities> entities)
    {
        services.AddOptions<PaymentOptions>().BindConfiguration(PaymentOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PaymentOptions>, PaymentOptionsValidator>();
        services.AddOptions<PaymentSimulatorOptions>().BindConfiguration(PaymentSimulatorOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PaymentSimulatorOptions>, PaymentSimulatorOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddPaymentClient();
        services.AddSingleton<IPaymentProvider>(ProviderOf);
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<PaymentOptions>>().Value;
            var (payments, tell) = (provider.GetRequiredService<IPaymentProvider>(), entities(provider).TellerOfOrders());
            return new PaymentDesk(
                payments,
                payments is SimulatedPayments simulated ? simulated.Telling(tell) : tell,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<PaymentDesk>>(),
                options.RequestsAtOnce,
                options.WaitingOrders);
        });
        services.AddSingleton<IEventSubscriber, OrderPayments>();
        services.AddHostedService<PaymentStart>();
    }

    private static IPaymentProvider ProviderOf(IServiceProvider provider)
    {
        var clock = provider.GetRequiredService<TimeProvider>();
        if (provider.GetRequiredService<IOptions<PaymentOptions>>().Value.Url is not null)
        {
            return new HttpPayments(
                provider.GetRequiredService<IHttpClientFactory>().CreateClient(PaymentClient.Name),
                clock,
                provider.GetRequiredService<ILogger<HttpPayments>>());
        }

        var options = provider.GetRequiredService<IOptions<PaymentSimulatorOptions>>().Value;
        return new SimulatedPayments(
            new PaymentSimulation(
                options.DeclineEvery, options.NeverAnswerEvery, TimeSpan.FromMilliseconds(options.DelayMilliseconds), options.AnswerTwice),
            clock);
    }
}

/// <summary>Says at the start who takes the money.</summary>
internal sealed partial class PaymentStart(PaymentDesk desk, IOptions<PaymentOptions> options, ILogger<PaymentStart> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        CouponMeter.ObservePayments(() => desk.Waiting);
        if (options.Value.Address is { } address)
            LogProvider(address);
        else
            LogSimulated();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Payments of orders are asked of the provider at {Url}.")]
    private partial void LogProvider(Uri url);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Payments:Url is not set: payments are simulated, and no money is taken. What to do, where orders are to be paid: docs/payments.md.")]
    private partial void LogSimulated();
}
