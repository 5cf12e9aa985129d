using System.Diagnostics;
using CouponAkka.Engine.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CouponAkka.Hosting;

/// <summary>What a program tells of itself: lines, metrics and traces.</summary>
public static class ProgramTelemetry
{
    private const string Everything = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Metrics = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string Logs = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    private const string Traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    // What others measure of their own: requests, connections, load that was shed, the runtime, the pool of database connections.
    private static readonly string[] OtherMeters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.RateLimiting", "System.Runtime", "MySqlConnector",
    ];

    /// <summary>
    /// Writes the console's lines as the settings of <c>Logging:Console</c> say, and sends them, metrics and traces by OTLP to where the environment
    /// says, by the variables that OpenTelemetry specifies (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). Without any, nothing
    /// is collected and nothing is sent.
    /// </summary>
    /// <param name="serviceName">How the process is called there, unless OTEL_SERVICE_NAME says otherwise.</param>
    public static void AddTelemetry(this WebApplicationBuilder builder, string serviceName)
    {
        // The slim builder has chosen a formatter by then, whatever the settings say.
        builder.Services.Configure<ConsoleLoggerOptions>(builder.Configuration.GetSection("Logging:Console"));
        // Whoever reads lines of several machines needs one clock, and no machine's.
        builder.Services.PostConfigure<JsonConsoleFormatterOptions>(json =>
        {
            if (json.TimestampFormat is null)
                (json.TimestampFormat, json.UseUtcTimestamp) = ("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", true);
        });
        builder.AddExport(serviceName);
    }

    private static void AddExport(this WebApplicationBuilder builder, string serviceName)
    {
        bool Wanted(string signal) =>
            builder.Configuration[Everything] is { Length: > 0 } || builder.Configuration[signal] is { Length: > 0 };
        var (metrics, traces, logs) = (Wanted(Metrics), Wanted(Traces), Wanted(Logs));
        if (!metrics && !traces && !logs)
            return;
        if (traces)
        {
            // With the switch off, ASP.NET Core sets the tags of HTTP's semantic conventions itself.
            AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
            builder.Services.AddSingleton<IStartupFilter, RequestSpans>();
        }

        builder.Services.AddSingleton(_ => OpenTelemetrySdk.Create(telemetry =>
        {
            telemetry.ConfigureResource(resource => resource
                .AddService(serviceName, serviceVersion: ProgramArguments.ProgramVersion, serviceInstanceId: Environment.MachineName)
                .AddEnvironmentVariableDetector());
            if (metrics)
                telemetry.WithMetrics(meters => meters.AddMeter(CouponMeter.Name).AddMeter(OtherMeters));
            if (traces)
                telemetry.WithTracing(sources => sources.AddSource("Microsoft.AspNetCore", CouponTraces.Name));
            if (logs)
                telemetry.WithLogging(null, lines => lines.IncludeFormattedMessage = true);
            telemetry.UseOtlpExporter();
        }));
        if (logs)
            builder.Services.AddSingleton<ILoggerProvider, SentLines>();
        builder.Services.AddHostedService<TelemetryHost>();
    }

    /// <summary>
    /// Names the span of a request and says what it was answered, as OpenTelemetry's conventions have it
    /// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/); the framework's own is named after one of its classes.
    /// </summary>
    private sealed class RequestSpans : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (context, rest) =>
            {
                await rest(context);
                if (context.Features.Get<IHttpActivityFeature>()?.Activity is not { Recorded: true } span)
                    return;
                if (context.GetEndpoint()?.Metadata.GetMetadata<IDisableHttpMetricsMetadata>() is null)
                    Describe(span, context);
                else
                    // Who asks how the process is, every two seconds, is nobody whose way anyone would follow.
                    span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            });
            next(app);
        };

        private static void Describe(Activity span, HttpContext context)
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            span.DisplayName = route is null ? context.Request.Method : $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
            span.SetTag("http.response.status_code", context.Response.StatusCode);
            if (context.Response.StatusCode >= StatusCodes.Status500InternalServerError)
                span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>Sends each line that the console gets too.</summary>
    private sealed class SentLines(OpenTelemetrySdk sdk) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => sdk.GetLoggerFactory().CreateLogger(categoryName);

        // The SDK is the container's, which disposes it.
        public void Dispose()
        {
        }
    }

    /// <summary>Begins with the process; what is left is sent when the container of services is disposed.</summary>
    private sealed class TelemetryHost : IHostedService
    {
        // Injected only to force its construction.
        public TelemetryHost(OpenTelemetrySdk sdk) => ArgumentNullException.ThrowIfNull(sdk);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
