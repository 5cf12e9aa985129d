using Akka.Actor;
using CouponAkka.Engine;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Health;
using CouponAkka.Sharded.Operations;
using CouponAkka.Sharded.Projection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded;

/// <summary>What the programs of the cluster have in common.</summary>
public static class ClusterProgram
{
    /// <summary>How long one may take to stop: longer than the phases in which Akka hands over shards and leaves the cluster.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    /// <summary>What they can be told.</summary>
    public static IEnumerable<KnownSetting> Settings { get; } =
    [
        new("ConnectionStrings:Coupons", null),
        .. KnownSetting.Of<ClusterOptions>(ClusterOptions.Section),
        .. KnownSetting.Of<DatabaseOptions>(DatabaseOptions.Section),
        .. KnownSetting.Of<EdgeOptions>(EdgeOptions.Section),
        .. KnownSetting.Of<PbmOptions>(PbmOptions.Section),
    ];

    /// <summary>Brings the database to the schema of this program, and says what it did.</summary>
    /// <exception cref="StartupException">It can't.</exception>
    public static async Task<string> MigrateAsync(IConfiguration configuration)
    {
        var applied = await Migrations.MigrateAsync(DatabaseOf(configuration));
        return applied.Count == 0 ? "Nothing to migrate." : $"Migrated: {string.Join(", ", applied)}.";
    }

    /// <summary>The argument that waits until the database has the schema of this program, and ends: for what starts it once the migration is done.</summary>
    public const string AwaitSchema = "--await-schema";

    /// <summary>Waits until the database has the schema of this program, and says so.</summary>
    /// <exception cref="StartupException">It has that of a newer one.</exception>
    public static async Task<string> AwaitSchemaAsync(IConfiguration configuration)
    {
        await Migrations.AwaitAsync(DatabaseOf(configuration), Console.WriteLine, TimeProvider.System);
        return "The database has the schema of this program.";
    }

    /// <summary>Empties the read model, which the cluster then rebuilds from the journal, now or when it is next started, and says so.</summary>
    /// <exception cref="StartupException">It can't.</exception>
    public static async Task<string> RebuildAsync(IConfiguration configuration)
    {
        var database = DatabaseOf(configuration);
        await Migrations.RequireUpToDateAsync(database);
        await Rebuild.RunAsync(database);
        return "The read model is empty; the cluster rebuilds it from the journal.";
    }

    /// <summary>Lets a member start only on a database that has its schema, and that keeps what it acknowledges.</summary>
    /// <exception cref="StartupException">It does not.</exception>
    public static async Task RequireDatabaseAsync(IServiceProvider services)
    {
        var database = services.GetRequiredService<CouponDatabase>();
        await Migrations.RequireUpToDateAsync(database);
        if (services.GetService<JournalState>() is { } journal)
            journal.Durability = await DurabilityReport.RequireAsync(database, services.GetRequiredService<IOptions<DatabaseOptions>>().Value);
    }

    /// <summary>
    /// The exit code of a member that has stopped: not 0 where Akka ended it, when it was downed, or met one with whom it can't speak TLS. It must then
    /// be started again.
    /// </summary>
    public static Func<int> ExitCodeOf(IServiceProvider services)
    {
        var shutdown = CoordinatedShutdown.Get(services.GetRequiredService<ActorSystem>());
        return () => shutdown.ShutdownReason is null or CoordinatedShutdown.ClrExitReason ? Environment.ExitCode : Math.Max(1, shutdown.ShutdownReason.ExitCode);
    }

    private static CouponDatabase DatabaseOf(IConfiguration configuration) => new(configuration.GetConnectionString("Coupons"));
}
