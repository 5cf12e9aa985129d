using System.Collections.Concurrent;
using CouponAkka.Deployment.Tests.Otlp;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CouponAkka.Deployment.Tests;

/// <summary>Takes metrics, traces and logs by OTLP over HTTP, as a collector does, and keeps what it was sent.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    /// <summary>The metrics that came, each once a service: name in Prometheus, service, and one point's attributes.</summary>
    public ConcurrentDictionary<(string Service, string Name, string Attributes), bool> Metrics { get; } = new();

    /// <summary>The spans that came; ids in hexadecimal.</summary>
    public ConcurrentBag<ReceivedSpan> Spans { get; } = [];

    /// <summary>The lines of logs that came.</summary>
    public ConcurrentBag<(string Service, string Category, string Text)> Lines { get; } = [];

    /// <summary>What each service says of itself: its attributes.</summary>
    public ConcurrentDictionary<string, string> Resources { get; } = new();

    /// <summary>What makes a program send here.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "500",
    };

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.MapPost("/v1/metrics", async (HttpRequest request) => receiver.Receive(MetricsRequest.Parser.ParseFrom(await BodyAsync(request))));
        app.MapPost("/v1/traces", async (HttpRequest request) => receiver.Receive(TraceRequest.Parser.ParseFrom(await BodyAsync(request))));
        app.MapPost("/v1/logs", async (HttpRequest request) => receiver.Receive(LogsRequest.Parser.ParseFrom(await BodyAsync(request))));
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Waits until a service has sent these metrics, by their names in Prometheus.</summary>
    public Task ReceivesAsync(string service, IReadOnlyCollection<string> names) => Eventually.HoldsAsync(
        () => !names.Except(NamesOf(service)).Any(),
        () => $"{service} has not sent {string.Join(", ", names.Except(NamesOf(service)))}; but {string.Join(", ", NamesOf(service))}");

    /// <summary>Waits until a service has sent this metric with these attributes.</summary>
    public Task ReceivesAsync(string service, string name, string attributes) => Eventually.HoldsAsync(
        () => Metrics.ContainsKey((service, name, attributes)),
        () => $"{service} has not sent {name} with {attributes}; but {string.Join('\n', Metrics.Keys.Where(metric => metric.Service == service))}");

    public IEnumerable<string> NamesOf(string service) =>
        Metrics.Keys.Where(metric => metric.Service == service).Select(metric => metric.Name).Distinct().Order();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task<ByteString> BodyAsync(HttpRequest request) => await ByteString.FromStreamAsync(request.Body);

    private void Receive(MetricsRequest sent)
    {
        foreach (var resource in sent.ResourceMetrics)
        {
            Resources[ServiceOf(resource.Resource)] = string.Join(',', resource.Resource.Attributes.Select(one => $"{one.Key}={one.Value.StringValue}"));
            foreach (var metric in resource.ScopeMetrics.SelectMany(scope => scope.Metrics))
            {
                foreach (var attributes in AttributesOf(metric))
                    Metrics[(ServiceOf(resource.Resource), PrometheusName(metric), Text(attributes))] = true;
            }
        }
    }

    private void Receive(TraceRequest sent)
    {
        foreach (var resource in sent.ResourceSpans)
        {
            foreach (var span in resource.ScopeSpans.SelectMany(scope => scope.Spans))
                Spans.Add(new(ServiceOf(resource.Resource), span.Name, Hex(span.TraceId), Hex(span.SpanId), Hex(span.ParentSpanId)));
        }
    }

    private void Receive(LogsRequest sent)
    {
        foreach (var resource in sent.ResourceLogs)
        {
            foreach (var scope in resource.ScopeLogs)
            {
                foreach (var record in scope.LogRecords)
                    Lines.Add((ServiceOf(resource.Resource), scope.Scope?.Name ?? "", record.Body.StringValue));
            }
        }
    }

    // Of each point.
    private static IEnumerable<IEnumerable<KeyValue>> AttributesOf(Metric metric) =>
        metric.Histogram?.DataPoints.Select(point => point.Attributes) ?? (metric.Sum?.DataPoints ?? metric.Gauge.DataPoints).Select(point => point.Attributes);

    private static string Text(IEnumerable<KeyValue> attributes) => string.Join(',', attributes.Select(one => $"{one.Key}={one.Value.StringValue}"));

    private static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);

    private static string ServiceOf(Resource resource) => resource.Attributes.Single(attribute => attribute.Key == "service.name").Value.StringValue;

    private static string PrometheusName(Metric metric) =>
        PrometheusNames.Of(metric.Name, metric.Unit, isCounter: metric.Sum?.IsMonotonic == true) + (metric.Histogram is null ? "" : "_bucket");
}

internal sealed record ReceivedSpan(string Service, string Name, string TraceId, string SpanId, string ParentSpanId);

/// <summary>How Prometheus calls what it takes by OTLP: https://prometheus.io/docs/guides/opentelemetry/.</summary>
internal static class PrometheusNames
{
    public static string Of(string name, string? unit, bool isCounter)
    {
        var suffix = unit switch { "s" => "_seconds", "By" => "_bytes", "1" when !isCounter => "_ratio", _ => "" };
        return name.Replace('.', '_') + suffix + (isCounter ? "_total" : "");
    }
}
