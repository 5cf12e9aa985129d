using CouponAkka.Engine;
using CouponAkka.Hosting.Http;
using CouponAkka.Hosting.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CouponAkka.Hosting;

/// <summary>A program of ours: how it starts, says in one line why it can't, and stops.</summary>
public sealed class ServiceProgram
{
    /// <summary>What every program of ours can be told.</summary>
    public static IEnumerable<KnownSetting> Settings =>
    [
        .. KnownSetting.Of<LimitOptions>(LimitOptions.Section), .. KnownSetting.Of<ManagementOptions>(ManagementOptions.Section),
        new(ManagementOptions.Argument, null), .. KnownSetting.Of<CommerceOptions>(CommerceOptions.Section),
        .. KnownSetting.Of<WebhookOptions>(WebhookOptions.Section),
    ];

    /// <summary>How telemetry calls it.</summary>
    public required string Name { get; init; }

    /// <summary>All that it can be told.</summary>
    public required KnownSettings Known { get; init; }

    /// <summary>Settings that the program has of its own, below those of the environment and the command line.</summary>
    public IReadOnlyDictionary<string, string?> Defaults { get; init; } = new Dictionary<string, string?>();

    /// <summary>How long what is in progress may take to end once the program is asked to stop.</summary>
    public required TimeSpan ShutdownTimeout { get; init; }

    public required Action<WebApplicationBuilder> Configure { get; init; }

    /// <summary>
    /// What must be right, or ready, before the first request. An exception keeps the program from starting; its first line is what people read.
    /// </summary>
    public Func<IServiceProvider, Task> PrepareAsync { get; init; } = _ => Task.CompletedTask;

    public required Action<WebApplication> Map { get; init; }

    /// <summary>Called when it has started: what to ask for the exit code when it has stopped, and its services are gone.</summary>
    public Func<IServiceProvider, Func<int>> ExitCodeOf { get; init; } = _ => () => Environment.ExitCode;

    /// <summary>Runs until it is asked to stop; returns the exit code: 1 and one line on standard error if it can't start.</summary>
    public async Task<int> RunAsync(string[] args)
    {
        var started = false;
        try
        {
            await using var app = Build(args);
            await PrepareAsync(app.Services);
            Map(app);
            await StartAsync(app);
            started = true;
            var exitCode = ExitCodeOf(app.Services);
            await app.WaitForShutdownAsync();
            return exitCode();
        }
        // A wrong setting comes as any kind of exception; where in our code it was noticed helps nobody to set it right.
        catch (Exception failure) when (!started)
        {
            await Console.Error.WriteLineAsync(failure.Message.Split('\n')[0]);
            return 1;
        }
    }

    /// <summary>
    /// Does one thing with the settings, prints what came of it, and ends; returns the exit code: 1 and one line on standard error if it can't.
    /// </summary>
    public async Task<int> RunOnceAsync(string[] args, Func<IConfiguration, Task<string>> work)
    {
        try
        {
            using var configuration = new ConfigurationManager();
            configuration
                .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
                .AddEnvironmentVariables()
                .AddCommandLine(args);
            configuration.AddSecretFiles();
            Known.RequireKnown(configuration);
            Console.WriteLine(await work(configuration));
            return 0;
        }
        catch (Exception failure) when (failure is StartupException or DirectoryNotFoundException or UnknownSettingException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }

    // Where it listens is the likeliest thing to be wrong by now, and not every message says it.
    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure)
        {
            throw new StartupException($"Can't start on {app.Configuration[WebHostDefaults.ServerUrlsKey]}: {failure.Message}", failure);
        }
    }

    private WebApplication Build(string[] args)
    {
        // The settings file lies beside the program, wherever it is started from; a relative path in a setting means the caller's folder all the same.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddSecretFiles();
        Known.RequireKnown(builder.Configuration);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        // What stops the start is said in one line, by the program itself.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.AddTelemetry(Name);
        builder.Services.AddTerms();
        builder.Services.AddWebhookSender();
        Configure(builder);
        var app = builder.Build();
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        return app;
    }
}
