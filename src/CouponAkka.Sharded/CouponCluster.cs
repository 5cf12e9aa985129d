using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Hosting.SBR;
using Akka.Hosting;
using Akka.Remote.Hosting;
using CouponAkka.Domain;
using CouponAkka.Engine;
using CouponAkka.Engine.Coupons;
using CouponAkka.Engine.Notifying;
using CouponAkka.Engine.Notifying.Webhooks;
using CouponAkka.Engine.Ports;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Sharded.Database;
using CouponAkka.Sharded.Edge;
using CouponAkka.Sharded.Entities;
using CouponAkka.Sharded.Health;
using CouponAkka.Sharded.Journal;
using CouponAkka.Sharded.Membership;
using CouponAkka.Sharded.Notifying;
using CouponAkka.Sharded.Operations;
using CouponAkka.Sharded.Projection;
using CouponAkka.Sharded.Reacting;
using CouponAkka.Sharded.ReadModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Sharded;

/// <summary>Makes a process a node of the cluster, or an edge of it, which is no member (or both).</summary>
public static partial class CouponCluster
{
    /// <summary>The name of the actor system and of its address: <c>akka.tcp://coupons@host:port</c>.</summary>
    internal const string SystemName = "coupons";

    /// <summary>How members speak to each other.</summary>
    internal const string RemotingHocon =
        """
        akka.remote {
          # Who was not there yet when it was first asked, or was killed, is back sooner than the five seconds for which it would get nothing.
          retry-gate-closed-for = 500ms
          # Each side writes on the connection that it opened itself. On the other's, a member that came back on its address could be deaf to one
          # that spoke to it in the same moment (it stops reading there, because of a connection that was just given up), until both are taken for dead.
          use-passive-connections = off
          # A connection whose packets are dropped is given up, and another tried: TCP itself asks again ever more rarely, and is deaf for long after the link is mended.
          transport-failure-detector {
            heartbeat-interval = 1s
            acceptable-heartbeat-pause = 5s
          }
          dot-netty.tcp {
            connection-timeout = 2s
            # Answers to a full request, with an issue each, in one frame.
            maximum-frame-size = 1 MiB
            send-buffer-size = 2 MiB
            receive-buffer-size = 2 MiB
            # Acknowledgements must not wait for company.
            batching.enabled = false
          }
        }
        """;

    /// <summary>Adds what the roles of the process need. Settings: <see cref="ClusterOptions"/>, <see cref="EdgeOptions"/> and the connection string <c>Coupons</c>.</summary>
    /// <param name="beside">Adds what stands beside the entities in a process that holds some: its reactions know it. It is given how to reach entities.</param>
    public static void AddCouponCluster(this IHostApplicationBuilder builder, Action<IServiceCollection, Func<IServiceProvider, IEntities>>? beside = null)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(EntityKinds.All);
        services.AddOptions<ClusterOptions>().BindConfiguration(ClusterOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ClusterOptions>, ClusterOptionsValidator>();
        services.AddOptions<EdgeOptions>().BindConfiguration(EdgeOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EdgeOptions>, EdgeOptionsValidator>();
        services.AddOptions<PbmOptions>().BindConfiguration(PbmOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PbmOptions>, PbmOptionsValidator>();

        services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();
        services.AddSingleton(provider => new CouponDatabase(
            provider.GetRequiredService<IConfiguration>().GetConnectionString("Coupons"),
            TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<ClusterOptions>>().Value.WriteTimeoutSeconds),
            provider.GetRequiredService<IOptions<DatabaseOptions>>().Value.MaximumPoolSize));

        // Edges tell of what happened, and the node that numbers it posts it to webhooks.
        services.AddSingleton<INotifications, MySqlNotifications>();
        services.TryAddSingleton<NotificationFeed>();
        services.AddSingleton<MySqlWebhooks>();
        services.AddSingleton<IWebhooks>(provider => provider.GetRequiredService<MySqlWebhooks>());

        var roles = builder.Configuration.GetSection(ClusterOptions.Section).Get<ClusterOptions>()?.RoleList ?? [];
        if (roles.Contains(ClusterOptions.Coupon))
        {
            services.AddSingleton<IClusterView, OwnClusterView>();
            services.AddSingleton<WarmJournal>();
            services.AddSingleton<JournalState>();
            services.AddSingleton<DurableNumbers>();
            services.AddSingleton<MySqlProjectionStatus>();
            services.AddSingleton<UnrecoverableEntities>();
            services.AddSingleton<ShardRegions>();
            services.AddSingleton<ReactionStatus>();
            services.AddSingleton<NodeReactions>();
            services.AddSingleton<NodeNumbering>();
            services.TryAddSingleton(Terms.Default);
            services.AddHealthChecks()
                .AddCheck<MembershipHealth>("cluster", tags: [HealthTags.Ready])
                .AddCheck<JournalHealth>("journal", tags: [HealthTags.Ready])
                .AddCheck<CouponsHealth>("coupons", tags: [HealthTags.Ready])
                .AddCheck<DurabilityHealth>("durability", tags: [HealthTags.Ready])
                .AddCheck<ProjectionHealth>("projection", tags: [HealthTags.Ready])
                .AddCheck<ReactionsHealth>("reactions", tags: [HealthTags.Ready])
                .AddCheck<NumberingHealth>("notifications", tags: [HealthTags.Ready]);
            beside?.Invoke(services, provider => provider.GetRequiredService<CouponGateway>());
        }
        else
        {
            services.AddSingleton<NodeDesks>();
            services.AddSingleton<IClusterView, NodesClusterView>();
            services.AddHealthChecks().AddCheck<NodesHealth>("cluster", tags: [HealthTags.Ready]);
        }

        // An edge's requests go by it, and a node's reactions.
        services.AddSingleton<CouponGateway>();
        if (roles.Contains(ClusterOptions.Edge))
        {
            services.AddSingleton<IEntities>(provider => provider.GetRequiredService<CouponGateway>());
            services.AddSingleton<MySqlReadModel>();
            services.AddSingleton<IReadModel>(provider => provider.GetRequiredService<MySqlReadModel>());
            services.AddSingleton<IEntityLists>(provider => provider.GetRequiredService<MySqlReadModel>());
        }

        services.AddAkka(SystemName, (akka, provider) =>
        {
            var options = provider.GetRequiredService<IOptions<ClusterOptions>>().Value;
            var certificate = options.TlsCertificate is null ? null : MemberCertificate.Load(options.TlsCertificate, options.TlsCertificatePassword);
            akka.AddHocon(Hocon(options), HoconAddMode.Prepend)
                .AddHocon(RemotingHocon, HoconAddMode.Prepend)
                .ConfigureLoggers(loggers =>
                {
                    loggers.ClearLoggers();
                    loggers.AddLogger<AkkaLog>();
                })
                .AddSetup(new AkkaLogSetup(provider.GetRequiredService<ILoggerFactory>()))
                .WithEntitySerializers(provider.GetRequiredService<EntityKinds>())
                .WithRemoting(new RemoteOptions
                {
                    HostName = options.BindHostname ?? options.Hostname,
                    PublicHostName = options.Hostname,
                    Port = options.Port,
                    EnableSsl = certificate is not null,
                    Ssl = new SslOptions { X509Certificate = certificate, CustomValidator = certificate is null ? null : MemberCertificate.IsOneLike(certificate) },
                });
            if (!options.RoleList.Contains(ClusterOptions.Coupon))
            {
                akka.AddEdge(provider);
                return;
            }

            akka.AddNode(provider, options, certificate is null ? "akka.tcp" : "akka.ssl.tcp");
            if (options.RoleList.Contains(ClusterOptions.Edge) || provider.GetRequiredService<EntityKinds>().Any(Reacts))
            {
                akka.WithActors((system, registry) => system.ActorOf(
                    CouponGateway.Actor.Props(
                        provider.GetRequiredService<CouponGateway>(), new OwnRegions(provider.GetRequiredService<ShardRegions>()), registry.Get<CouponActor>()),
                    "gateway"));
            }

            if (provider.GetRequiredService<IOptions<PbmOptions>>().Value is { Port: > 0 } pbm)
                AddPetabridgeCmd(akka, provider, pbm);
        });
    }

    // It carries no gossip and has no vote: nothing that happens to an edge, or to its links, is a matter of the nodes.
    private static void AddEdge(this AkkaConfigurationBuilder akka, IServiceProvider provider) => akka.WithActors((system, _) =>
    {
        var nodes = provider.GetRequiredService<NodeDesks>();
        CouponMeter.ObserveNodes(() => nodes.Known, () => nodes.Answering.Count);
        system.ActorOf(
            NodeWatch.Props(
                new MemberTable(provider.GetRequiredService<CouponDatabase>()), nodes, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<NodeWatch>>()),
            "node-watch");
        system.ActorOf(CouponGateway.Actor.Props(provider.GetRequiredService<CouponGateway>(), nodes, own: null), "gateway");
    });

    private static void AddNode(this AkkaConfigurationBuilder akka, IServiceProvider provider, ClusterOptions options, string protocol)
    {
        akka.WithClustering(new Akka.Cluster.Hosting.ClusterOptions
        {
            Roles = options.RoleList,
            SeedNodes = [.. options.SeedNodeList.Select(node => $"{protocol}://{SystemName}@{node}")],
            // Edges of the version before are members and have no vote.
            SplitBrainResolver = new KeepMajorityOption { Role = ClusterOptions.Coupon },
        });
        akka.WithActors((system, _) =>
        {
            MembershipHealth.Observe(Akka.Cluster.Cluster.Get(system));
            system.ActorOf(QuarantineWatch.Props(), "quarantine-watch");
        });
        akka.AddCoupons(provider, options);
    }

    // Left out of a build that the package can't be had for.
    static partial void AddPetabridgeCmd(AkkaConfigurationBuilder akka, IServiceProvider provider, PbmOptions options);

    private static void AddCoupons(this AkkaConfigurationBuilder akka, IServiceProvider provider, ClusterOptions options)
    {
        var database = provider.GetRequiredService<CouponDatabase>();
        var writeTimeout = TimeSpan.FromSeconds(options.WriteTimeoutSeconds);
        var unrecoverable = provider.GetRequiredService<UnrecoverableEntities>();
        akka.WithCouponJournal(database, writeTimeout);
        var settings = new EntityActorSettings(
            provider.GetRequiredService<TimeProvider>(), writeTimeout, new JournalEnds(database, writeTimeout), unrecoverable, new StoppedWriters(),
            provider.GetRequiredService<DurableNumbers>());
        var kinds = provider.GetRequiredService<EntityKinds>();
        var regions = provider.GetRequiredService<ShardRegions>();
        akka.WithActors(async (system, registry) =>
        {
            await regions.StartAsync(system, kinds, settings);
            registry.Register<CouponActor>(regions.Of(CouponKind.Instance));
        });
        akka.WithSingleton<ProjectionActor>(
            "projection",
            (_, _, _) => ProjectionActor.Props(
                database,
                kinds,
                provider.GetRequiredService<MySqlProjectionStatus>(),
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<ProjectionActor>>()),
            new ClusterSingletonOptions { Role = ClusterOptions.Coupon },
            createProxyToo: false);
        if (kinds.Any(Reacts))
            akka.AddReactions(provider, kinds);
        akka.AddNumbering(provider, kinds);
        akka.WithActors((system, registry) =>
        {
            system.ActorOf(WarmUpActor.Props(provider.GetRequiredService<WarmJournal>()), "warm-up");
            system.ActorOf(
                MembershipActor.Props(
                    new MemberTable(database), options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<MembershipActor>>()),
                "membership");
            var clock = provider.GetRequiredService<TimeProvider>();
            system.ActorOf(Desk.Props(regions, clock), Desk.Name);
            system.ActorOf(Desk.Props(regions, clock), Desk.NameBefore);
            system.ActorOf(ClusterReporter.Props(provider.GetRequiredService<IClusterView>()), ClusterReporter.Name);
            system.ActorOf(
                JournalWatch.Props(
                    provider.GetRequiredService<CouponDatabase>(),
                    provider.GetRequiredService<JournalState>(),
                    provider.GetRequiredService<DurableNumbers>(),
                    provider.GetRequiredService<IOptions<DatabaseOptions>>().Value,
                    provider.GetRequiredService<TimeProvider>(),
                    provider.GetRequiredService<ILogger<JournalWatch>>()),
                JournalWatch.Name);
            system.ActorOf(ShardObserver.Props(registry.Get<CouponActor>()), "shard-observer");
        });
        var projection = provider.GetRequiredService<MySqlProjectionStatus>();
        var journal = provider.GetRequiredService<JournalState>();
        CouponMeter.ObserveJournal(
            () => journal.Unwritable is null,
            () => journal.Durability?.Refusals.Count + journal.Durability?.Warnings.Count ?? 0,
            () => journal.Lost.Sum(lost => lost.Durable - lost.JournalEnd));
        CouponMeter.ObserveProjection(projection);
        CouponMeter.ObserveReactions(provider.GetRequiredService<ReactionStatus>());
        unrecoverable.Observe();
    }

    private static bool Reacts(EntityKind kind) => kind.Reactions.Count > 0 || kind.TimePassed is not null;

    private static void AddReactions(this AkkaConfigurationBuilder akka, IServiceProvider provider, EntityKinds kinds)
    {
        var database = provider.GetRequiredService<CouponDatabase>();
        var clock = provider.GetRequiredService<TimeProvider>();
        var here = provider.GetRequiredService<NodeReactions>();
        var table = new ReactionTable(kinds, provider.GetRequiredService<Terms>(), provider.GetServices<IEventSubscriber>());
        akka.WithSingleton<ReactionActor>(
            "reactions",
            (_, _, _) => ReactionActor.Props(
                () => new ReactionRunner(
                    new MySqlReactionJournal(database, kinds, table, clock),
                    new MySqlReactionStore(database, kinds),
                    provider.GetRequiredService<CouponGateway>(),
                    table,
                    here.Status,
                    clock,
                    provider.GetRequiredService<ILogger<ReactionRunner>>()),
                here),
            new ClusterSingletonOptions { Role = ClusterOptions.Coupon, TerminationMessage = SingletonRun.Stop.Instance },
            createProxyToo: false);
    }

    private static void AddNumbering(this AkkaConfigurationBuilder akka, IServiceProvider provider, EntityKinds kinds)
    {
        var database = provider.GetRequiredService<CouponDatabase>();
        var clock = provider.GetRequiredService<TimeProvider>();
        var here = provider.GetRequiredService<NodeNumbering>();
        akka.WithSingleton<NumberingActor>(
            "notifications",
            (_, _, _) => NumberingActor.Props(
                () => new NumberingRunner(database, kinds, here, PostAsync, clock, provider.GetRequiredService<ILogger<NumberingRunner>>()), here),
            new ClusterSingletonOptions { Role = ClusterOptions.Coupon, TerminationMessage = SingletonRun.Stop.Instance },
            createProxyToo: false);

        Task PostAsync(long epoch, CancellationToken stop) => new WebhookDispatcher(
            new MySqlWebhookDeliveries(database, provider.GetRequiredService<MySqlWebhooks>(), epoch),
            provider.GetRequiredService<NotificationFeed>(),
            provider.GetRequiredService<IWebhookSender>(),
            clock,
            provider.GetRequiredService<ILogger<WebhookDispatcher>>()).RunAsync(stop);
    }

    private static int SeedNodeTimeout(ClusterOptions options) => options.SeedNodeList.Length == 0 ? 1 : options.MayFound ? 30 : 5;

    /// <summary>The settings that this process has beside those of its <see cref="RemotingHocon"/>.</summary>
    internal static string Hocon(ClusterOptions options) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""
        akka {
          loglevel = INFO
          log-dead-letters = off
          # SIGTERM is the host's: it lets the requests in progress end before it ends the actor system. Akka would leave the cluster under them.
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          actor {
            default-dispatcher.executor = channel-executor
            internal-dispatcher.executor = channel-executor
          }
          persistence.dispatchers.default-plugin-dispatcher.executor = channel-executor
          cluster {
            # The first of the seeds, if there are any, founds a cluster when no other has answered for so long. One that comes back slowly, or to others
            # that are slow, must not found a second. Others only ask again after it.
            seed-node-timeout = {{SeedNodeTimeout(options)}}s
            # Who comes back after a crash is turned away once, until its former self is removed.
            retry-unsuccessful-join-after = 1s
            # A few dozen members at most: what it costs to agree more often is nothing beside a coupon that waits.
            gossip-interval = 250ms
            leader-actions-interval = 250ms
            unreachable-nodes-reaper-interval = 250ms
            # A killed member can be removed once it is unreachable, so that is to be noticed soon. By itself it costs nobody anything.
            failure-detector {
              heartbeat-interval = 250ms
              acceptable-heartbeat-pause = 750ms
              expected-response-after = 500ms
            }
            split-brain-resolver {
              stable-after = {{options.StableAfterSeconds}}s
              # A link that comes and goes is no reason to end everybody: the database knows who lives.
              down-all-when-unstable = off
            }
            # The journal takes only one writer's next event, so nobody needs to wait once more for the dead to be dead.
            down-removal-margin = 1ms
            sharding {
              # A node that has just left must not keep its coupons waiting.
              retry-interval = 1s
              coordinator-failure-backoff = 1s
            }
          }
        }
        """);
}
