using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using CouponAkka.Contracts;
using CouponAkka.Domain.Coupons;
using CouponAkka.Engine;
using CouponAkka.Hosting;
using CouponAkka.Sharded.Entities;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Sharded.Tests.Support;

/// <summary>A node as its program runs it, in this process, on a port of its own.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private static readonly TimeSpan Asked = TimeSpan.FromSeconds(2);
    private static long _number;

    private readonly TaskCompletionSource<WebApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<(LogLevel Level, string Line)> _log = new();
    private WebApplication _app = null!;

    private RunningNode(string connectionString, int port, int? seedPort, string[] settings, EntityKinds? kinds = null) => Exit = Task.Run(() => new ServiceProgram
    {
        Name = "test-node",
        Known = new KnownSettings([], ClusterProgram.Settings),
        ShutdownTimeout = ClusterProgram.ShutdownTimeout,
        PrepareAsync = ClusterProgram.RequireDatabaseAsync,
        ExitCodeOf = ClusterProgram.ExitCodeOf,
        Configure = builder =>
        {
            builder.Services.AddSingleton(kinds ?? EntityKinds.All);
            builder.AddCouponCluster();
            builder.Logging.ClearProviders().AddProvider(new Lines(_log));
        },
        Map = _built.SetResult,
    }.RunAsync(
    [
        $"--ConnectionStrings:Coupons={connectionString}", $"--Akka:Port={port}", $"--Akka:SeedNodes={(seedPort is null ? "" : $"127.0.0.1:{seedPort}")}", "--Akka:Roles=coupon",
        "--Pbm:Port=0", "--urls=http://127.0.0.1:0", .. settings,
    ]));

    /// <summary>Its exit code, once it has ended.</summary>
    public Task<int> Exit { get; }

    public ActorSystem System => _app.Services.GetRequiredService<ActorSystem>();

    public int MembersUp => Cluster.Get(System).State.Members.Count(member => member.Status == MemberStatus.Up);

    public IServiceProvider Services => _app.Services;

    /// <summary>What it has logged.</summary>
    public string Log => string.Join('\n', _log.Select(logged => $"{logged.Level} {logged.Line}"));

    private IActorRef Region => ActorRegistry.For(System).Get<CouponActor>();

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts one that is expected not to: its exit code.</summary>
    public static Task<int> RunAsync(string connectionString, params string[] settings)
    {
        var port = FreePort();
        return new RunningNode(connectionString, port, port, settings).Exit;
    }

    /// <summary>Starts one, which founds the cluster if its port is the seed's. Without a seed the database says who is there.</summary>
    public static Task<RunningNode> StartAsync(string connectionString, int port, int? seedPort, params string[] settings) =>
        StartAsync(new RunningNode(connectionString, port, seedPort, settings));

    /// <summary>Starts one that knows these kinds.</summary>
    public static Task<RunningNode> StartAsync(string connectionString, EntityKinds kinds, params string[] settings) =>
        StartAsync(new RunningNode(connectionString, FreePort(), seedPort: null, settings, kinds));

    private static async Task<RunningNode> StartAsync(RunningNode node)
    {
        await Task.WhenAny(node._built.Task, node.Exit);
        Assert.True(node._built.Task.IsCompletedSuccessfully, node.Log);
        node._app = await node._built.Task;
        var lifetime = node._app.Services.GetRequiredService<IHostApplicationLifetime>();
        await Eventually.HoldsAsync(() => lifetime.ApplicationStarted.IsCancellationRequested || node.Exit.IsCompleted, () => node.Log);
        Assert.False(node.Exit.IsCompleted, node.Log);
        return node;
    }

    /// <summary>Asks a coupon; null if there is no answer in time.</summary>
    public async Task<CouponReply?> AskAsync(long couponId, CouponCommand command)
    {
        try
        {
            return Assert.Single((await Region.Ask<CouponAnswers>(new CouponRequest(couponId, Interlocked.Increment(ref _number), [command]), Asked)).Replies);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    /// <summary>The coupons that are awake on it.</summary>
    public async Task<List<long>> AwakeAsync() =>
        [.. (await Region.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, Eventually.Deadline)).Shards.SelectMany(shard => shard.EntityIds.Select(long.Parse))];

    /// <summary>What readiness says of a check.</summary>
    public async Task<HealthReportEntry> HealthAsync(string check)
    {
        var report = await _app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(registration => registration.Name == check);
        return report.Entries.GetValueOrDefault(check);
    }

    public bool Logged(LogLevel level, string part) => _log.Any(logged => logged.Level == level && logged.Line.Contains(part, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (!Exit.IsCompleted && _app is not null)
            _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await Exit;
    }

    private sealed class Lines(ConcurrentQueue<(LogLevel, string)> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                lines.Enqueue((logLevel, $"{DateTime.UtcNow:HH:mm:ss.fff} {formatter(state, exception)} {exception?.Message}"));
        }

        public void Dispose()
        {
        }
    }
}
