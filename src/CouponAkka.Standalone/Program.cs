using CouponAkka.Api;
using CouponAkka.Api.Http;
using CouponAkka.Api.Ports;
using CouponAkka.Api.Telemetry;
using CouponAkka.Standalone;
using CouponAkka.Standalone.Engine;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.ReadModel;
using Microsoft.Extensions.Options;

const string defaultUrl = "http://127.0.0.1:8080";
const string usage =
    $"""
    Issues coupons, and answers over HTTP: one process, and one directory for all that lasts.

    CouponAkka.Standalone [--urls URL] [--data DIR] [--Section:Name VALUE …]
      --urls URL              where it listens: {defaultUrl}; more than one with ; between
      --data DIR              everything that lasts: ./data; made if it is missing
    """;
var known = new KnownSettings(
    [], [.. KnownSettings.Of<StandaloneOptions>().Select(setting => setting.Name == "Data" ? setting with { Name = "data" } : setting), .. CouponApi.Settings]);
if (await ProgramArguments.AnswerAsync(args, usage, known) is { } answered)
    return answered;

var started = false;
try
{
    SQLitePCL.Batteries_V2.Init();
    await using var app = Build(args, known);
    app.MapCouponApi();
    await StartAsync(app);
    started = true;
    await app.WaitForShutdownAsync();
    return 0;
}
// A wrong setting comes as any kind of exception; where in our code it was noticed helps nobody to set it right.
catch (Exception failure) when (!started)
{
    await Console.Error.WriteLineAsync(failure.Message.Split('\n')[0]);
    return 1;
}

static async Task StartAsync(WebApplication app)
{
    try
    {
        await app.StartAsync();
    }
    catch (Exception failure)
    {
        throw new StartupException($"Can't listen on {app.Configuration["urls"] ?? defaultUrl}: {failure.Message}", failure);
    }
}

static WebApplication Build(string[] args, KnownSettings known)
{
    // The settings file lies beside the program, wherever it is started from; a relative --data means the caller's folder all the same.
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.Configuration.AddSecretFiles();
    known.RequireKnown(builder.Configuration);
    builder.WebHost.UseKestrelHttpsConfiguration();
    if (builder.Configuration["urls"] is null)
        builder.WebHost.UseUrls(defaultUrl);

    // What stops the start is said in one line, by the program itself.
    builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    // Shorter than the ten seconds that a process manager waits before it kills.
    builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
    builder.AddTelemetry("couponakka-standalone");
    builder.AddCouponApi();

    builder.Services.AddOptions<StandaloneOptions>().BindConfiguration("").ValidateOnStart();
    builder.Services.AddSingleton<IValidateOptions<StandaloneOptions>, StandaloneOptionsValidator>();

    builder.Services.AddSingleton(services => DataDirectory.Open(
            services.GetRequiredService<IOptions<StandaloneOptions>>().Value.Data, services.GetRequiredService<ILogger<DataDirectory>>()));
    builder.Services.AddSingleton(services =>
        EventJournal.Open(services.GetRequiredService<DataDirectory>().Journal, services.GetRequiredService<DataDirectory>()));
    builder.Services.AddSingleton<SnapshotStore>();
    builder.Services.AddSingleton(services => new JournalWriter(
        services.GetRequiredService<EventJournal>(),
        services.GetRequiredService<SnapshotStore>(),
        TimeSpan.FromSeconds(services.GetRequiredService<IOptions<StandaloneOptions>>().Value.WriteTimeoutSeconds),
        services.GetRequiredService<ILogger<JournalWriter>>()));
    builder.Services.AddSingleton<CouponEngine>();
    builder.Services.AddSingleton<ICoupons>(services => services.GetRequiredService<CouponEngine>());
    builder.Services.AddSingleton<Projection>();
    builder.Services.AddSingleton<IReadModel, SqliteReadModel>();
    builder.Services.AddHealthChecks()
        .AddCheck<JournalHealth>("journal", tags: [HealthEndpoints.Ready])
        .AddCheck<ProjectionHealth>("projection", tags: [HealthEndpoints.Ready]);

    var app = builder.Build();
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    // Opened before the first request, so that what is wrong with the data stops the process instead of a request.
    var projection = app.Services.GetRequiredService<Projection>();
    var engine = app.Services.GetRequiredService<CouponEngine>();
    CouponMeter.ObserveProjection(() => projection.Lag, () => projection.EventsBehind, () => projection.ParkedCoupons);
    CouponMeter.ObserveCouponsAwake(() => engine.Awake);
    return app;
}
