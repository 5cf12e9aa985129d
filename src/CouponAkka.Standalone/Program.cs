using CouponAkka.Api;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Hosting;
using CouponAkka.Hosting.Payments;
using CouponAkka.Standalone;
using CouponAkka.Standalone.Database;
using CouponAkka.Standalone.Entities;
using CouponAkka.Standalone.Health;
using CouponAkka.Standalone.Journal;
using CouponAkka.Standalone.Notifying;
using CouponAkka.Standalone.Projection;
using CouponAkka.Standalone.Reacting;
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
var defaults = new Dictionary<string, string?> { ["urls"] = defaultUrl };
var known = new KnownSettings(
    [],
    [
        .. KnownSetting.Of<StandaloneOptions>().Select(setting => setting.Name == "Data" ? setting with { Name = "data" } : setting),
        .. CouponApi.Settings, .. PaymentRegistration.Settings,
    ],
    defaults);
if (await ProgramArguments.AnswerAsync(args, usage, known) is { } answered)
    return answered;

SQLitePCL.Batteries_V2.Init();
return await new ServiceProgram
{
    Name = "couponakka-standalone",
    Known = known,
    Defaults = defaults,
    // Shorter than the ten seconds that a process manager waits before it kills.
    ShutdownTimeout = TimeSpan.FromSeconds(8),
    Configure = builder =>
    {
        builder.AddCouponApi();
        AddEngine(builder.Services);
        builder.Services.AddPayments(services => services.GetRequiredService<LiveEntities>());
    },
    PrepareAsync = services =>
    {
        Open(services);
        return Task.CompletedTask;
    },
    Map = app => app.MapCouponApi(),
}.RunAsync(args);

static void AddEngine(IServiceCollection services)
{
    services.AddOptions<StandaloneOptions>().BindConfiguration("").ValidateOnStart();
    services.AddSingleton<IValidateOptions<StandaloneOptions>, StandaloneOptionsValidator>();
    services.AddSingleton(provider => DataDirectory.Open(
        provider.GetRequiredService<IOptions<StandaloneOptions>>().Value.Data, provider.GetRequiredService<ILogger<DataDirectory>>()));
    services.AddSingleton(provider =>
        EventJournal.Open(provider.GetRequiredService<DataDirectory>().Journal, provider.GetRequiredService<DataDirectory>()));
    services.AddSingleton<SnapshotStore>();
    services.AddSingleton(provider => new JournalWriter(
        provider.GetRequiredService<EventJournal>(),
        provider.GetRequiredService<SnapshotStore>(),
        TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<StandaloneOptions>>().Value.WriteTimeoutSeconds),
        provider.GetRequiredService<ILogger<JournalWriter>>()));
    services.AddSingleton(EntityKinds.All);
    services.AddSingleton<LiveEntities>();
    services.AddSingleton<IEntities>(provider => provider.GetRequiredService<LiveEntities>());
    services.AddSingleton<ProjectionLoop>();
    services.AddSingleton<ReactionTable>();
    services.AddSingleton<SqliteReactionStore>();
    services.AddSingleton<StandaloneReactionJournal>();
    services.AddSingleton<ReactionLoop>();
    services.AddSingleton<NumberingLoop>();
    services.AddSingleton<INotifications>(provider => provider.GetRequiredService<NumberingLoop>());
    services.AddSingleton<SqliteWebhooks>();
    services.AddSingleton<IWebhooks>(provider => provider.GetRequiredService<SqliteWebhooks>());
    services.AddSingleton<WebhookLoop>();
    services.AddSingleton<ReadModelQueries>();
    services.AddSingleton<IReadModel, SqliteReadModel>();
    services.AddSingleton<IEntityLists, SqliteEntityLists>();
    services.AddHealthChecks()
        .AddCheck<JournalHealth>("journal", tags: [HealthTags.Ready])
        .AddCheck<ProjectionHealth>("projection", tags: [HealthTags.Ready])
        .AddCheck<ReactionHealth>("reactions", tags: [HealthTags.Ready])
        .AddCheck<NumberingHealth>("notifications", tags: [HealthTags.Ready]);
}

// Before the first request, so that what is wrong with the data stops the process instead of a request.
static void Open(IServiceProvider services)
{
    var projection = services.GetRequiredService<ProjectionLoop>();
    var entities = services.GetRequiredService<LiveEntities>();
    services.GetRequiredService<WebhookLoop>();
    CouponMeter.ObserveProjection(projection.Status);
    // The last to be made, and so the first to be disposed of: it asks the entities.
    CouponMeter.ObserveReactions(services.GetRequiredService<ReactionLoop>().Status);
    CouponMeter.ObserveCouponsAwake(() => entities.CountOf(CouponKind.Instance));
}
