using System.Diagnostics;
using CouponAkka.Api.Tests.GivenWhenThen;
using CouponAkka.Engine.Ports;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Api.Tests;

/// <summary>
/// The standalone program itself, in this process, on Kestrel at a free loopback port and over a data directory of its own:
/// body limits, chunks and remote addresses are the real ones.
/// </summary>
public sealed class CouponService : WebApplicationFactory<Program>
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("couponakka-api-tests-");
    private readonly (string Key, string Value)[] _settings;
    private readonly Func<IEntities, IEntities>? _wrapCoupons;
    private readonly Action<IServiceCollection>? _configure;

    private CouponService(
        (string Key, string Value)[] settings, Func<IEntities, IEntities>? wrapCoupons, Action<IServiceCollection>? configure)
    {
        _settings = settings;
        _wrapCoupons = wrapCoupons;
        _configure = configure;
        UseKestrel();
        StartServer();
        Address = new Uri(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        When = new When(Address);
    }

    public Uri Address { get; }

    /// <summary>Asks as anyone on this machine.</summary>
    public When When { get; }

    public Given Given => new(When);

    public SettableClock Clock { get; } = new();

    /// <summary>What it warns of, and worse.</summary>
    public LogLines Log { get; } = new();

    /// <param name="settings">As on the command line.</param>
    /// <param name="wrapCoupons">Puts something between the API and the engine.</param>
    /// <param name="configure">Changes services as the program registered them.</param>
    public static CouponService Start(
        (string Key, string Value)[]? settings = null,
        Func<IEntities, IEntities>? wrapCoupons = null,
        Action<IServiceCollection>? configure = null) => new(settings ?? [], wrapCoupons, configure);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production").UseSetting("urls", "http://127.0.0.1:0").UseSetting("data", _data.FullName)
            // Only a test that says so gives up a write.
            .UseSetting("WriteTimeoutSeconds", "60")
            // Nor is anyone else refused too often.
            .UseSetting("Limits:RefusedAdminCallsPerSecond", "1000000");
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Log).AddFilter<LogLines>(level => level >= LogLevel.Warning));
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<TimeProvider>(Clock);
            if (_wrapCoupons is not null)
                Wrap(services, _wrapCoupons);
            _configure?.Invoke(services);
        });
    }

    public override async ValueTask DisposeAsync()
    {
        When.Dispose();
        await base.DisposeAsync();
        await DirectoryIsReleased();
        _data.Delete(recursive: true);
    }

    // Both this factory and the program, on its own thread, dispose of the host. Whoever comes second returns at once, while files are still being
    // closed and removed. The lock is released last.
    private async Task DirectoryIsReleased()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var released = new FileStream(Path.Combine(_data.FullName, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return;
            }
            catch (IOException) when (waited.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5));
            }
        }
    }

    internal static void Wrap(IServiceCollection services, Func<IEntities, IEntities> wrap)
    {
        var engine = services.Single(service => service.ServiceType == typeof(IEntities));
        services.Remove(engine);
        services.AddSingleton(provider => wrap((IEntities)engine.ImplementationFactory!(provider)));
    }
}

/// <summary>The machine's clock until a test says what time it is.</summary>
public sealed class SettableClock : TimeProvider
{
    public DateTimeOffset? Now { get; set; }

    public override DateTimeOffset GetUtcNow() => Now ?? base.GetUtcNow();
}
