using CouponAkka.Domain;
using CouponAkka.Domain.Orders;
using CouponAkka.Engine;
using CouponAkka.Engine.Payments;
using CouponAkka.Engine.Ports;
using CouponAkka.Hosting.Payments;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests.Payments;

/// <summary>Payments as a program registers them.</summary>
internal sealed class PaymentServices : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public PaymentServices(params (string Name, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Name, setting => setting.Value)).Build());
        services.AddLogging(logging => logging.AddProvider(Log));
        services.AddPayments(_ => new ListeningEntities());
        _services = services.BuildServiceProvider();
    }

    public LogLines Log { get; } = new();

    public IPaymentProvider Provider => _services.GetRequiredService<IPaymentProvider>();

    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is wrong.</exception>
    public async Task StartAsync()
    {
        _services.GetRequiredService<Microsoft.Extensions.Options.IStartupValidator>().Validate();
        foreach (var service in _services.GetServices<IHostedService>())
            await service.StartAsync(CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private sealed class ListeningEntities : IEntities
    {
        public ValueTask<Reply> AskAsync(EntityKind kind, long id, Command command) => new(OrderTold.Instance);
    }
}
