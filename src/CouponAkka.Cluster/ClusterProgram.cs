using Akka.Actor;
using CouponAkka.Api.Http;
using CouponAkka.Api.Telemetry;
using CouponAkka.Cluster.Database;
using CouponAkka.Cluster.Edge;
using CouponAkka.Cluster.Health;
using CouponAkka.Cluster.Operations;
using CouponAkka.Cluster.Projection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Cluster;

/// <summary>What the programs of the cluster have in common: how they start, say in one line why they can't, and stop.</summary>
public static class ClusterProgram
{
    /// <summary>Longer than the phases in which Akka hands over shards and leaves the cluster.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    /// <summary>What the programs of the cluster can be told.</summary>
    public static IEnumerable<KnownSetting> Settings { get; } =
    [
        new("ConnectionStrings:Coupons", null),
        .. KnownSettings.Of<ClusterOptions>(ClusterOptions.Section),
        .. KnownSettings.Of<DatabaseOptions>(DatabaseOptions.Section),
        .. KnownSettings.Of<EdgeOptions>(EdgeOptions.Section),
        .. KnownSettings.Of<PbmOptions>(PbmOptions.Section),
    ];

    /// <summary>Brings the database to the schema of this program; returns the exit code.</summary>
    public static Task<int> MigrateAsync(string[] args, KnownSettings known) => WithDatabaseAsync(args, known, async database =>
    {
        var applied = await Migrations.MigrateAsync(database);
        Console.WriteLine(applied.Count == 0 ? "Nothing to migrate." : $"Migrated: {string.Join(", ", applied)}.");
    });

    /// <summary>Empties the read model, which the cluster then makes anew from the journal, now or when it is next started; returns the exit code.</summary>
    public static Task<int> RebuildAsync(string[] args, KnownSettings known) => WithDatabaseAsync(args, known, async database =>
    {
        await Migrations.RequireUpToDateAsync(database);
        await Rebuild.RunAsync(database);
        Console.WriteLine("The read model is empty; the cluster makes it anew from the journal.");
    });

    private static async Task<int> WithDatabaseAsync(string[] args, KnownSettings known, Func<CouponDatabase, Task> work)
    {
        try
        {
            using var configuration = new ConfigurationManager();
            configuration
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
                .AddEnvironmentVariables()
                .AddCommandLine(args);
            configuration.AddSecretFiles();
            known.RequireKnown(configuration);
            await work(new CouponDatabase(configuration.GetConnectionString("Coupons")));
            return 0;
        }
        catch (Exception failure) when (failure is DatabaseException or DirectoryNotFoundException or UnknownSettingException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    /// <summary>Runs a member of the cluster until it is asked to stop; returns its exit code.</summary>
    /// <param name="serviceName">How telemetry calls it.</param>
    /// <param name="defaults">Settings that the program has of its own, below those of the environment and the command line.</param>
    public static async Task<int> RunAsync(
        string serviceName,
        string[] args,
        KnownSettings known,
        IReadOnlyDictionary<string, string?> defaults,
        Action<WebApplicationBuilder> configure,
        Action<WebApplication> map)
    {
        var started = false;
        try
        {
            await using var app = Build(serviceName, args, known, defaults, configure);
            var database = app.Services.GetRequiredService<CouponDatabase>();
            await Migrations.RequireUpToDateAsync(database);
            if (app.Services.GetService<JournalState>() is { } journal)
                journal.Durability = await DurabilityReport.RequireAsync(database, app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value);
            map(app);
            app.MapCluster();
            await app.StartAsync();
            started = true;
            var shutdown = CoordinatedShutdown.Get(app.Services.GetRequiredService<ActorSystem>());
            await app.WaitForShutdownAsync();
            // Akka ends it of itself when it was taken for dead, or met one with whom it can't speak TLS. It must then be started again.
            return shutdown.ShutdownReason is null or CoordinatedShutdown.ClrExitReason ? Environment.ExitCode : Math.Max(1, shutdown.ShutdownReason.ExitCode);
        }
        // A wrong setting comes as any kind of exception; where in our code it was noticed helps nobody to set it right.
        catch (Exception failure) when (!started)
        {
            await Console.Error.WriteLineAsync(failure.Message.Split('\n')[0]);
            return 1;
        }
    }

    private static WebApplication Build(
        string serviceName, string[] args, KnownSettings known, IReadOnlyDictionary<string, string?> defaults, Action<WebApplicationBuilder> configure)
    {
        // The settings file lies beside the program, wherever it is started from.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        known.RequireKnown(builder.Configuration);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = defaults });
        // What stops the start is said in one line, by the program itself.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.AddTelemetry(serviceName);
        builder.AddCouponCluster();
        configure(builder);
        var app = builder.Build();
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        return app;
    }
}
