using System.Text.RegularExpressions;

namespace CouponAkka.Deployment.Tests;

/// <summary>Each alert rings when it should, asks for what the programs send, and tells whoever is on call what to type.</summary>
public sealed partial class AlertTests
{
    private const string Rules = ".deploy/alerts.yml";

    [Fact]
    [Trait("Needs", "Promtool")]
    public async Task Prometheus_takes_the_rules() => Assert.Contains(
        "SUCCESS",
        (await RunningProcess.RunAsync("promtool", "check", "rules", "--lint-fatal", Repository.At(Rules))).Succeeded(),
        StringComparison.Ordinal);

    [Fact]
    [Trait("Needs", "Promtool")]
    public async Task Each_alert_rings_when_its_trouble_is_there_and_none_when_all_is_well() => Assert.Contains(
        "SUCCESS",
        (await RunningProcess.RunAsync("promtool", "test", "rules", Repository.At(".deploy", "alerts.test.yml"))).Succeeded(),
        StringComparison.Ordinal);

    [Fact]
    public void Each_alert_is_made_to_ring()
    {
        var tried = TriedAlert().Matches(Repository.Read(".deploy", "alerts.test.yml")).Select(match => match.Groups[1].Value);

        Assert.Equal(Alerts().Keys.Order(), tried.Order());
    }

    [Fact]
    public void Rules_and_their_tests_name_only_metrics_that_the_programs_send()
    {
        var there = TelemetryTests.Instruments().SelectMany(TelemetryTests.Names).Concat(TelemetryTests.OfThePool()).Concat(TelemetryTests.OfTheFramework())
            .SelectMany(SeriesOf).ToList();
        var asked = Alerts().Values.Append(Repository.Read(".deploy", "alerts.test.yml"))
            .SelectMany(text => TelemetryTests.PrometheusMetric().Matches(TelemetryTests.Labels().Replace(text, "")))
            .Select(match => match.Value).Distinct().ToList();

        Assert.NotEmpty(asked);
        Assert.All(asked, name => Assert.Contains(name, there));
    }

    [Fact]
    public void The_runbook_has_a_section_for_each_alert_with_something_to_type_and_no_other()
    {
        var sections = Section().Split(Repository.Read("docs", "runbook.md")).Skip(1).Chunk(2).ToDictionary(section => section[0], section => section[1]);

        Assert.Equal(Alerts().Keys.Order(), sections.Keys.Order());
        Assert.All(sections, section =>
        {
            Assert.Contains("```", section.Value, StringComparison.Ordinal);
            Assert.StartsWith($"*{Severities()[section.Key]}", section.Value.TrimStart(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Prometheus_reads_the_rules() =>
        Assert.Contains("alerts.yml", Repository.Read(".deploy", "prometheus.yml"), StringComparison.Ordinal);

    private static Dictionary<string, string> Alerts() => All().ToDictionary(rule => rule["alert"].Text!, rule => rule["expr"].Text!);

    private static Dictionary<string, string> Severities() => All().ToDictionary(rule => rule["alert"].Text!, rule => rule["labels"]["severity"].Text!);

    private static IEnumerable<Yaml> All() =>
        Yaml.ParseAll(Repository.Read(Rules)).Single()["groups"].Items.SelectMany(group => group["rules"].Items);

    // A histogram is three.
    private static string[] SeriesOf(string name) => name.EndsWith("_bucket", StringComparison.Ordinal) ? [name, name[..^"bucket".Length] + "count"] : [name];

    [GeneratedRegex(@"- alertname: (\w+)")]
    private static partial Regex TriedAlert();

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Section();
}
