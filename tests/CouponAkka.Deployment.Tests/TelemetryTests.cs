using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CouponAkka.Engine.Projecting;
using CouponAkka.Engine.Reacting;
using CouponAkka.Engine.Telemetry;
using CouponAkka.Hosting;

namespace CouponAkka.Deployment.Tests;

/// <summary>Telemetry arrives at a receiver of OTLP, and the dashboard asks for what there is.</summary>
public sealed partial class TelemetryTests : IAsyncLifetime
{
    private const string Policy =
        """
        {"title":"telemetry","totalQuantity":1,"discountAmount":1,"minAvailableAmount":1,
         "dateIssueStart":"2020-01-01T00:00:00Z","dateIssueEnd":"2100-01-01T00:00:00Z"}
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("couponakka-telemetry-");
    private OtlpReceiver _receiver = null!;

    public async Task InitializeAsync() => _receiver = await OtlpReceiver.StartAsync();

    public async Task DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task The_standalone_service_sends_what_it_measures_and_a_trace_of_each_request()
    {
        var url = Ports.FreeAddress().OriginalString;
        using var program = RunningProcess.Start(
            Repository.Program("CouponAkka.Standalone", ["--urls", url, "--data", _directory.FullName], _receiver.Environment));
        var traceId = await IssueAndRefuseAsync(url);

        await _receiver.ReceivesAsync(
            "couponakka-standalone",
            [
                "couponakka_answers_total", "couponakka_answers_waiting", "couponakka_journal_group_size_bucket",
                "couponakka_journal_write_duration_seconds_bucket", "couponakka_coupon_recovery_duration_seconds_bucket", "couponakka_coupons_awake",
                "couponakka_projection_lag_seconds", "couponakka_projection_behind", "couponakka_projection_events_total",
                "couponakka_projection_parked", .. OfTheFramework(),
            ]);
        // What was sent first may be from between the requests.
        foreach (var outcome in (string[])["ISSUED", "DUPLICATED_COUPON_ISSUE", "INVALID_COUPON_ISSUE_QUANTITY"])
            await _receiver.ReceivesAsync("couponakka-standalone", "couponakka_answers_total", $"outcome={outcome}");
        await Eventually.HoldsAsync(() => _receiver.Spans.Any(span => span.TraceId == traceId));
        await Eventually.HoldsAsync(() => _receiver.Lines.Any(
            line => line.Category == "CouponAkka.Api.Identity.AdminGate" && line.Text.StartsWith("Admin:ApiKey is not set", StringComparison.Ordinal)));
        await TraceReachesTheReadModelAsync(url, edge: "couponakka-standalone", node: "couponakka-standalone");
    }

    [Fact]
    public async Task Nodes_and_edges_send_what_they_measure()
    {
        var environment = new Dictionary<string, string>(_receiver.Environment) { ["CONFIGURATION"] = Repository.Configuration };
        try
        {
            await ClusterAsync("start", "--nodes", "1", "--edges", "1", "--no-build");
            var status = await ClusterAsync("status");
            var edge = status.Split('\n').Single(line => line.StartsWith("edge-1 ", StringComparison.Ordinal)).Split(' ')[1];
            var traceId = await IssueAndRefuseAsync(edge);

            await _receiver.ReceivesAsync(
                "couponakka-edge",
                [
                    "couponakka_answers_total", "couponakka_answers_waiting", "couponakka_nodes_known", "couponakka_nodes_answering",
                    .. OfThePool(), .. OfTheFramework(),
                ]);
            await _receiver.ReceivesAsync(
                "couponakka-node",
                [
                    "couponakka_journal_group_size_bucket", "couponakka_journal_write_duration_seconds_bucket",
                    "couponakka_coupon_recovery_duration_seconds_bucket", "couponakka_coupons_awake", "couponakka_shards", "couponakka_shards_moves_total",
                    "couponakka_projection_lag_seconds", "couponakka_projection_behind", "couponakka_projection_events_total", "couponakka_projection_parked",
                    "couponakka_cluster_members", "couponakka_cluster_unreachable", .. OfThePool(),
                ]);
            await _receiver.ReceivesAsync("couponakka-node", "db_client_connections_usage", "pool.name=couponakka,state=idle");
            await Eventually.HoldsAsync(() => _receiver.Spans.Any(span => span.TraceId == traceId));
            await TraceReachesTheReadModelAsync(edge, edge: "couponakka-edge", node: "couponakka-node");
        }
        finally
        {
            await ClusterAsync("stop");
        }

        async Task<string> ClusterAsync(params string[] arguments) => (await RunningProcess.RunAsync(Repository.Command(
            Repository.At("cluster"), [.. arguments, "--dir", _directory.FullName], environment: environment))).Succeeded();
    }

    [Fact]
    public async Task With_the_settings_of_the_manifests_a_line_on_the_console_is_a_JSON_object_with_the_requests_trace()
    {
        const string traceId = "0af7651916cd43dd8448eb211c80319c";
        var settings = Yaml.ParseAll(Repository.Read("k8s", "base", "settings.yaml")).Single()["data"];
        var environment = ((string[])["Logging__Console__FormatterName", "Logging__Console__FormatterOptions__IncludeScopes"])
            .ToDictionary(name => name, name => settings[name].Text!);
        var url = Ports.FreeAddress().OriginalString;
        using var program = RunningProcess.Start(Repository.Program(
            "CouponAkka.Standalone",
            ["--urls", url, "--data", _directory.FullName, "--Logging:LogLevel:Microsoft.AspNetCore.Hosting=Information"],
            environment));
        await IssueAndRefuseAsync(url);
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/coupons/1/status");
        request.Headers.Add("traceparent", $"00-{traceId}-b7ad6b7169203331-01");
        await http.SendAsync(request);

        var finished = await Eventually.ReadAsync(
            "it logs that the request has finished",
            () => Task.FromResult(program.Output.Split('\n').FirstOrDefault(
                line => line.Contains("Request finished", StringComparison.Ordinal) && line.Contains(traceId, StringComparison.Ordinal))),
            line => line is not null);
        using var line = JsonDocument.Parse(finished!);
        Assert.Equal("Information", line.RootElement.GetProperty("LogLevel").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", line.RootElement.GetProperty("Timestamp").GetString());
        Assert.Contains(
            line.RootElement.GetProperty("Scopes").EnumerateArray(), scope => scope.TryGetProperty("TraceId", out var id) && id.GetString() == traceId);
    }

    [Fact]
    public void The_dashboard_asks_for_metrics_that_there_are_and_so_does_the_documentation()
    {
        using var dashboard = JsonDocument.Parse(Repository.Read(".deploy", "grafana", "dashboards", "couponakka.json"));
        var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!);
        var asked = queries.SelectMany(query => PrometheusMetric().Matches(Labels().Replace(query, ""))).Select(match => match.Value).Distinct().ToList();
        var documented = DocumentedMetric().Matches(Repository.Read("docs", "telemetry.md"))
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value)).Distinct().Order();
        var there = Instruments();

        Assert.NotEmpty(asked);
        Assert.All(asked, name => Assert.Contains(name, there.SelectMany(Names).Concat(OfTheFramework())));
        Assert.Equal(there.Select(instrument => (instrument.Name, Names(instrument).Single())).Distinct().Order(), documented);
    }

    [Fact]
    public async Task Who_asks_how_the_process_is_is_neither_counted_nor_traced_and_its_version_is_said()
    {
        var url = Ports.FreeAddress().OriginalString;
        using var program = RunningProcess.Start(
            Repository.Program("CouponAkka.Standalone", ["--urls", url, "--data", _directory.FullName], _receiver.Environment));
        // Asks for /health/ready first, until it is.
        var traceId = await IssueAndRefuseAsync(url);

        await Eventually.HoldsAsync(() => _receiver.Spans.Any(span => span.TraceId == traceId));
        await _receiver.ReceivesAsync("couponakka-standalone", ["http_server_request_duration_seconds_bucket"]);
        Assert.DoesNotContain(_receiver.Spans, span => span.Name.Contains("/health", StringComparison.Ordinal));
        Assert.DoesNotContain(
            _receiver.Metrics.Keys,
            metric => metric.Name == "http_server_request_duration_seconds_bucket" && metric.Attributes.Contains("/health", StringComparison.Ordinal));
        Assert.Contains($"service.version={ProgramArguments.ProgramVersion}", _receiver.Resources["couponakka-standalone"], StringComparison.Ordinal);
    }

    // Received in the tests above.
    internal static string[] OfThePool() =>
    [
        "db_client_connections_usage", "db_client_connections_max", "db_client_connections_pending_requests",
        "db_client_connections_wait_time_seconds_bucket",
    ];

    internal static string[] OfTheFramework() =>
        ["http_server_request_duration_seconds_bucket", "aspnetcore_rate_limiting_requests_total", "aspnetcore_rate_limiting_active_request_leases"];

    internal static List<Instrument> Instruments()
    {
        var found = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == CouponMeter.Name)
                found.Add(instrument);
        };
        listener.Start();
        CouponMeter.ObserveWaiting(() => 0);
        CouponMeter.ObserveCouponsAwake(() => 0);
        CouponMeter.ObserveShards(() => 0);
        CouponMeter.ObserveUnrecoverable(() => 0);
        CouponMeter.ObserveJournal(() => true, () => 0, () => 0);
        CouponMeter.ObserveProjection(new NothingProjected());
        CouponMeter.ObserveReactions(new ReactionStatus());
        CouponMeter.ObservePayments(() => 0);
        CouponMeter.ObserveMembers(() => 0, () => 0);
        CouponMeter.ObserveNodes(() => 0, () => 0);
        return found;
    }

    internal static IEnumerable<string> Names(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var name = PrometheusNames.Of(instrument.Name, instrument.Unit, isCounter: type == typeof(Counter<>));
        return type == typeof(Histogram<>) ? [$"{name}_bucket"] : [name];
    }

    /// <summary>One issue, one duplicate, one that is sold out; the trace of the last as its refusal says.</summary>
    private static async Task<string> IssueAndRefuseAsync(string url)
    {
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return (await http.GetAsync("/health/ready")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        await CreateCouponAsync(http, 1);
        await http.PostAsJsonAsync("/coupons/1/issues", new { userId = 1 });
        await http.PostAsJsonAsync("/coupons/1/issues", new { userId = 1 });
        using var refusal = JsonDocument.Parse(await (await http.PostAsJsonAsync("/coupons/1/issues", new { userId = 2 })).Content.ReadAsStringAsync());
        return refusal.RootElement.GetProperty("traceId").GetString()!;
    }

    // What has just started may be too slow for the first who asks.
    private static Task CreateCouponAsync(HttpClient http, long couponId) => Eventually.HoldsAsync(
        async () => (await http.PutAsync($"/coupons/{couponId}", new StringContent(Policy, null, "application/json"))).IsSuccessStatusCode);

    /// <summary>A caller's trace goes on with the request, the write that it waited for, and the transaction that brought it to the read model.</summary>
    private async Task TraceReachesTheReadModelAsync(string url, string edge, string node)
    {
        const string traceId = "0af7651916cd43dd8448eb211c80319c", caller = "b7ad6b7169203331";
        using var http = new HttpClient { BaseAddress = new Uri(url) };
        await CreateCouponAsync(http, 2);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/coupons/2/issues") { Content = JsonContent.Create(new { userId = 1 }) };
        request.Headers.Add("traceparent", $"00-{traceId}-{caller}-01");
        (await http.SendAsync(request)).EnsureSuccessStatusCode();

        var asked = await SpanAsync(edge, "POST /coupons/{couponId}/issues", caller);
        var written = await SpanAsync(node, "journal write", asked.SpanId);
        await SpanAsync(node, "read model write", written.SpanId);

        async Task<ReceivedSpan> SpanAsync(string service, string name, string parent)
        {
            ReceivedSpan? found = null;
            await Eventually.HoldsAsync(
                () => (found = _receiver.Spans.FirstOrDefault(
                    span => (span.Service, span.Name, span.TraceId, span.ParentSpanId) == (service, name, traceId, parent))) is not null,
                () => $"{service}: {name} below {parent}, of {string.Join('\n', _receiver.Spans)}");
            return found!;
        }
    }

    [GeneratedRegex(@"\b(couponakka|http_server|aspnetcore_rate|db_client)_[a-z_]+")]
    internal static partial Regex PrometheusMetric();

    [GeneratedRegex(@"by \([^)]*\)|\{[^{}]*\}")]
    internal static partial Regex Labels();

    [GeneratedRegex(@"^\| `(couponakka\.[a-z.]+)` \| `([a-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex DocumentedMetric();

    private sealed class NothingProjected : ProjectionStatus
    {
        public override long EventsBehind => 0;

        public override TimeSpan Lag => TimeSpan.Zero;
    }
}
